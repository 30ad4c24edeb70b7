import { z } from 'zod';
import { encodeCursor, type PageAsked, readCursor } from './cursor.ts';
import { database, fromDocument } from './firestore.ts';
import { log } from './log.ts';

export interface NewestOf<T extends object> {
  collection: string;
  /** What the fields of a listed document equal: its owner, for one. An index over them and `createdAt` must be declared. */
  where: Record<string, string>;
  /** Of the documents' ids. */
  id: z.ZodType<string>;
  read(document: Record<string, unknown>): T;
}

/** Firestore's times begin with the year 1. */
const At = z.iso
  .datetime()
  .refine((at) => !at.startsWith('0000'))
  .transform((at) => new Date(at));
const CREATED_AT = z.looseObject({ createdAt: z.iso.datetime() });

/**
 * A page of a person's things, the newest first; the id decides between those of the same moment. It reads one document more than
 * asked for, which tells whether there is a next page.
 *
 * @throws `invalid_input` for a cursor of another list
 */
export async function listNewest<T extends object>(
  things: NewestOf<T>,
  { limit, cursor }: PageAsked,
): Promise<{ items: T[]; nextCursor: string | null }> {
  const { collection, where } = things;
  const db = await database();
  const scope = `${collection}:${Object.values(where).join(':')}`;
  let query = db.collection(collection).limit(limit + 1);
  for (const [field, value] of Object.entries(where)) query = query.where(field, '==', value);
  query = query.orderBy('createdAt', 'desc').orderBy('__name__', 'desc');
  if (cursor !== undefined) query = query.startAfter(...readCursor(scope, cursor, z.tuple([At, things.id])));
  const found = (await query.get()).docs.map((document) => ({ id: document.id, data: fromDocument(document.data()) }));
  const page = found.slice(0, limit);
  const last = page.findLast(({ data }) => CREATED_AT.safeParse(data).success); // also of one that cannot be shown
  return {
    items: page.map(({ id, data }) => readOne(things, id, data)).filter((item) => item !== undefined),
    nextCursor: found.length > limit && last ? encodeCursor(scope, [CREATED_AT.parse(last.data).createdAt, last.id]) : null,
  };
}

/** One that somebody has spoiled by hand must not take the others with it. */
function readOne<T extends object>({ collection, read }: NewestOf<T>, id: string, data: Record<string, unknown>): T | undefined {
  try {
    return read(data);
  } catch (error) {
    log.warn('document_unreadable', { collection, id, error });
    return undefined;
  }
}
