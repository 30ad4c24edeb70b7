import type { Query, QueryDocumentSnapshot } from '@google-cloud/firestore';
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
/** Where documents have been spoiled by hand, so many more are read at a time, and so many times, to find one to go on from. */
const PASSED_BY = { page: 100, times: 4 };

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
  const Position = z.tuple([At, things.id]);
  let query: Query = db.collection(collection);
  for (const [field, value] of Object.entries(where)) query = query.where(field, '==', value);
  query = query.orderBy('createdAt', 'desc').orderBy('__name__', 'desc');
  if (cursor !== undefined) query = query.startAfter(...readCursor(scope, cursor, Position));
  const { documents, next } = await readOn(query, limit, (document) => {
    const position = [fromDocument(document.data())['createdAt'], document.id];
    return Position.safeParse(position).success ? (position as [string, string]) : undefined; // also of one that cannot be shown
  });
  return {
    items: documents.map((document) => readOne(things, document)).filter((item) => item !== undefined),
    nextCursor: next ? encodeCursor(scope, next) : null,
  };
}

/**
 * Reads `limit` documents, and one more that tells whether there is a next page. Documents that no cursor can name, because somebody has
 * spoiled them by hand, end no list: where there is no other on the page, those after them are read, within bounds.
 *
 * @param positionOf - what a cursor needs to go on after a document; `undefined` when it cannot
 * @returns `next`, where the next page begins; `undefined` at the end
 */
export async function readOn<Position>(
  query: Query,
  limit: number,
  positionOf: (document: QueryDocumentSnapshot) => Position | undefined,
): Promise<{ documents: QueryDocumentSnapshot[]; next: Position | undefined }> {
  const hasPosition = (document: QueryDocumentSnapshot) => positionOf(document) !== undefined;
  const found = (await query.limit(limit + 1).get()).docs;
  let documents = found.slice(0, limit);
  let isMore = found.length > limit;
  for (let times = 0; isMore && !documents.some(hasPosition) && times < PASSED_BY.times; times += 1) {
    const after = documents.at(-1)!;
    log.warn('documents_passed_by', { collection: after.ref.parent.id, documents: documents.length });
    const further = (await query.startAfter(after).limit(PASSED_BY.page).get()).docs;
    const first = further.findIndex(hasPosition);
    documents = first < 0 ? further : further.slice(first, first + limit);
    isMore = further.length === PASSED_BY.page || documents.at(-1) !== further.at(-1);
  }
  const next = documents.map(positionOf).findLast((position) => position !== undefined);
  return { documents: documents.slice(0, limit), next: isMore ? next : undefined };
}

/** One that somebody has spoiled by hand must not take the others with it. */
function readOne<T extends object>({ collection, read }: NewestOf<T>, document: QueryDocumentSnapshot): T | undefined {
  try {
    return read(fromDocument(document.data()));
  } catch (error) {
    log.warn('document_unreadable', { collection, id: document.id, error });
    return undefined;
  }
}
