import type { Query, QueryDocumentSnapshot } from '@google-cloud/firestore';
import { z } from 'zod';
import { encodeCursor, fromDocument, type PageAsked, readCursor, readOn } from '#shared/runtime';
import { SongId } from './schema.ts';

export type SongSort = 'newest' | 'popular';

export interface PageWanted extends PageAsked {
  /** The list with all of its filters, but for its order: a cursor works for no other. */
  scope: string;
  sort: SongSort;
}

const ORDERS = { newest: ['createdAt'], popular: ['likes', 'createdAt'] } as const;
/** Firestore's times begin with the year 1. */
const At = z.iso
  .datetime()
  .refine((at) => !at.startsWith('0000'))
  .transform((at) => new Date(at));
/** Where a page ends. Times travel in cursors as text; in the index they are Timestamps. */
const POSITIONS = { newest: z.tuple([At, SongId]), popular: z.tuple([z.int(), At, SongId]) };

/**
 * The documents of a page, of a collection whose ids are those of songs. One more than asked for tells whether there is a next
 * page. The id decides between those of the same moment.
 *
 * @throws `invalid_input` for a cursor of another list
 */
export async function readPage(
  filtered: Query,
  { scope, sort, limit, cursor }: PageWanted,
): Promise<{ documents: QueryDocumentSnapshot[]; nextCursor: string | null }> {
  const list = `${scope}:${sort}`;
  let query = filtered;
  for (const field of ORDERS[sort]) query = query.orderBy(field, 'desc');
  query = query.orderBy('__name__', 'desc');
  if (cursor !== undefined) query = query.startAfter(...readCursor<unknown[]>(list, cursor, POSITIONS[sort]));
  const { documents, next } = await readOn(query, limit, (document) => positionOf(document, sort));
  return { documents, nextCursor: next ? encodeCursor(list, next) : null };
}

/** `undefined` for one that somebody has spoiled by hand. */
function positionOf(document: QueryDocumentSnapshot, sort: SongSort): (string | number)[] | undefined {
  const data = fromDocument(document.data());
  const position = [...ORDERS[sort].map((field) => data[field]), document.id];
  return POSITIONS[sort].safeParse(position).success ? (position as (string | number)[]) : undefined;
}
