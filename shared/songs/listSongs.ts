import type { Query } from '@google-cloud/firestore';
import { z } from 'zod';
import { database, decodeCursor, encodeCursor, log, problem } from '#shared/runtime';
import { type Song, SongId } from './schema.ts';
import { toSong } from './store.ts';

export interface SongPage {
  items: Song[];
  nextCursor: string | null;
}

interface Page {
  limit: number;
  cursor?: string | undefined;
}

const ORDERS = { newest: ['createdAt'], popular: ['likes', 'createdAt'] } as const;
/** Firestore's times begin with the year 1. */
const At = z.iso
  .datetime()
  .refine((at) => !at.startsWith('0000'))
  .transform((at) => new Date(at));
/** Where a page ends. Times travel in cursors as text; in the index they are Timestamps. */
const POSITIONS = { newest: z.tuple([At, SongId]), popular: z.tuple([z.int(), At, SongId]) };

export async function listOwnSongs(uid: string, page: Page): Promise<SongPage> {
  const db = await database();
  const query = db.collection('songs').where('ownerId', '==', uid);
  return readPage(`mine:${uid}`, query, 'newest', page);
}

export async function listPublicSongs(sort: 'newest' | 'popular', page: Page): Promise<SongPage> {
  const db = await database();
  const query = db.collection('songs').where('visibility', '==', 'public').where('state', '==', 'ready');
  return readPage(`public:${sort}`, query, sort, page);
}

/** One song more than asked for tells whether there is a next page. The id decides between songs of the same moment. */
async function readPage(scope: string, filtered: Query, sort: keyof typeof ORDERS, { limit, cursor }: Page): Promise<SongPage> {
  const order = ORDERS[sort];
  let query = filtered;
  for (const field of order) query = query.orderBy(field, 'desc');
  query = query.orderBy('__name__', 'desc').limit(limit + 1);
  if (cursor !== undefined) query = query.startAfter(...readPosition(scope, sort, cursor));
  const found = (await query.get()).docs.map(readSong);
  const page = found.slice(0, limit);
  const last = page.findLast((song) => song !== undefined);
  const position = last && [...order.map((field) => last[field]), last.songId];
  return {
    items: page.filter((song) => song !== undefined),
    nextCursor: found.length > limit && position ? encodeCursor(scope, position) : null,
  };
}

/** One that somebody has spoiled by hand must not take the others with it. */
function readSong(document: Parameters<typeof toSong>[0]): Song | undefined {
  try {
    return toSong(document);
  } catch (error) {
    log.warn('song_unreadable', { songId: document.id, error });
    return undefined;
  }
}

/** Anybody can write a cursor: it is checked like all input. */
function readPosition(scope: string, sort: keyof typeof POSITIONS, cursor: string): unknown[] {
  const parsed = POSITIONS[sort].safeParse(decodeCursor(scope, cursor));
  if (!parsed.success) throw problem('invalid_input', { issues: [{ path: 'cursor', message: 'is not a cursor of this list' }] });
  return parsed.data;
}
