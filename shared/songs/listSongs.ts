import type { Query } from '@google-cloud/firestore';
import { database, decodeCursor, encodeCursor } from '#shared/runtime';
import type { Song } from './schema.ts';
import { toSong } from './store.ts';

export interface SongPage {
  items: Song[];
  nextCursor: string | null;
}

interface Page {
  limit: number;
  cursor?: string | undefined;
}

export async function listOwnSongs(uid: string, page: Page): Promise<SongPage> {
  const db = await database();
  const query = db.collection('songs').where('ownerId', '==', uid);
  return readPage(`mine:${uid}`, query, ['createdAt'], page);
}

export async function listPublicSongs(sort: 'newest' | 'popular', page: Page): Promise<SongPage> {
  const db = await database();
  const query = db.collection('songs').where('visibility', '==', 'public').where('state', '==', 'ready');
  return readPage(`public:${sort}`, query, sort === 'popular' ? ['likes', 'createdAt'] : ['createdAt'], page);
}

/** One song more than asked for tells whether there is a next page. The id decides between songs of the same moment. */
async function readPage(scope: string, filtered: Query, order: ('likes' | 'createdAt')[], { limit, cursor }: Page): Promise<SongPage> {
  let query = filtered;
  for (const field of order) query = query.orderBy(field, 'desc');
  query = query.orderBy('songId', 'desc').limit(limit + 1);
  if (cursor !== undefined) query = query.startAfter(...fromPosition(decodeCursor(scope, cursor)));
  const found = (await query.get()).docs.flatMap((document) => toSong(document) ?? []);
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const position = last && [...order.map((field) => last[field]), last.songId];
  return { items, nextCursor: found.length > limit && position ? encodeCursor(scope, position) : null };
}

/** Times travel in cursors as text; in the index they are Timestamps. */
function fromPosition(position: (string | number)[]): unknown[] {
  return position.map((value) => (typeof value === 'string' && /^\d{4}-.*Z$/.test(value) ? new Date(value) : value));
}
