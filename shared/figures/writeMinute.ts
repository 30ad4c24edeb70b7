import { database } from '#shared/runtime';
import { type Figures, figuresToStored } from './figures.ts';
import { FIGURES } from './schema.ts';

/** Of one process; of several minutes where the database was away. */
export interface MinuteFigures {
  /** Of the document. */
  id: string;
  /** When the first of the minutes began. */
  minuteMs: number;
  figures: Figures;
}

/** Longer than the roll-up could be out of order before somebody looks after it. */
const KEPT_MS = 7 * 24 * 60 * 60_000;

// grpc.github.io/grpc/core/md_doc_statuscodes.html
const ALREADY_EXISTS = 6;

/** Stores them once: doing it again, because nobody heard that it was done, changes nothing. */
export async function writeMinute({ id, minuteMs, figures }: MinuteFigures): Promise<void> {
  const db = await database();
  const document = {
    minuteAt: new Date(minuteMs),
    isRolledUp: false,
    ...figuresToStored(figures),
    expireAt: new Date(minuteMs + KEPT_MS),
  };
  try {
    await db.collection(FIGURES).doc(id).create(document);
  } catch (error) {
    if ((error as { code?: unknown }).code !== ALREADY_EXISTS) throw error;
  }
}
