/**
 * Likes and plays that are not yet in the song itself. Whoever adds writes one of the song's shards, `counters/{songId}.0` to `.3`, without
 * reading; from time to time their sum is carried over into `songs`, so that a song many like is written, and shown to those who listen,
 * only now and then. `counters/{songId}` is written by carrying over alone: of several at once, its version lets one through.
 */
import { createHash } from 'node:crypto';
import type { DocumentReference, DocumentSnapshot, Firestore, Transaction, WriteBatch } from '@google-cloud/firestore';
import { z } from 'zod';
import { database, fromDocument, increment, isConflict } from '#shared/runtime';
import type { Song } from './schema.ts';
import { replaceSong } from './sharedSongs.ts';
import { SONG_SEARCH, writeSongSearch } from './songSearch.ts';
import { toSong } from './store.ts';

export const COUNTERS = 'counters';

/** Firestore takes about one write a second of a document: a song may be played four times a second, for as long as it likes. */
const SHARDS = 4;
const BEGINNING = new Date(0).toISOString();
/** What somebody has spoiled by hand counts nothing, and is written anew. */
const Counters = z.object({
  likes: z.int().catch(0),
  plays: z.int().catch(0),
  /** Something waits to be carried over, or, of a song that has gone, to be removed. */
  isDirty: z.boolean().catch(false),
  /** Of the song: each carrying over moves it on by `INTERVAL_MS`. How far it may be ahead of the time is what the song has left. */
  paidUntilAt: z.iso.datetime().catch(BEGINNING),
});

/** In the long run a song is written so often at most; a few changes in a row are still shown at once. */
const INTERVAL_MS = 10_000;
const AT_ONCE = 5;

/** A song, and what waits for it, of one moment. */
export interface Waiting {
  stored: DocumentSnapshot;
  book: DocumentSnapshot;
  shards: DocumentSnapshot[];
  /** With everything that waits; `undefined` when there is no such song. */
  counted: Song | undefined;
}

/** Documents that `findWaiting` reads. */
export const WAITING_READS = 2 + SHARDS;

function countersOf(db: Firestore, songId: string): DocumentReference[] {
  const names = [songId, ...Array.from({ length: SHARDS }, (_, shard) => `${songId}.${shard}`)];
  return names.map((name) => db.collection(COUNTERS).doc(name));
}

/** Of which song a document of `counters` is. */
export function countedSongId(countersId: string): string {
  return countersId.split('.')[0]!;
}

/**
 * Adds to what waits, and makes sure that it will be carried over.
 *
 * @param by - who or what adds: it always goes to the same shard, and others to any, so that what is sent again meets itself
 */
export async function addCounts(
  writer: Transaction | WriteBatch,
  db: Firestore,
  { songId, by }: { songId: string; by: string },
  counts: Partial<Record<'likes' | 'plays', 1 | -1>>,
): Promise<void> {
  const added = await Promise.all(Object.entries(counts).map(async ([name, more]) => [name, await increment(more)] as const));
  const shard = createHash('sha256').update(by).digest()[0]! % SHARDS;
  (writer as WriteBatch).set(countersOf(db, songId)[1 + shard]!, { ...Object.fromEntries(added), isDirty: true }, { merge: true });
}

/** To be written with the end of a song: nobody finds it any more, and its likes and counters go with the next `rollUpCounters`. */
export function removeTraces(writer: Transaction | WriteBatch, db: Firestore, songId: string): void {
  (writer as WriteBatch).delete(db.collection(SONG_SEARCH).doc(songId));
  (writer as WriteBatch).set(db.collection(COUNTERS).doc(songId), { isDirty: true }, { merge: true });
}

/**
 * Carries over what waits, while the song has not been written too often lately. Its `updatedAt` stays: the song is the same.
 *
 * @returns the song with everything that is counted; `undefined` when there is none
 */
export async function rollUp(songId: string, now: Date): Promise<Song | undefined> {
  const waiting = await findWaiting(songId);
  const aheadMs = Date.parse(read(waiting.book).paidUntilAt) - now.getTime();
  if (waiting.counted && aheadMs <= (AT_ONCE - 1) * INTERVAL_MS) await carryOver(waiting, now);
  return waiting.counted;
}

/** In one round trip, and of one moment: a song that has been read did not change before what waits for it was. */
export async function findWaiting(songId: string): Promise<Waiting> {
  const db = await database();
  const [stored, book, ...shards] = await db.getAll(db.doc(`songs/${songId}`), ...countersOf(db, songId));
  const song = toSong(stored!);
  const dirty = [book!, ...shards].map(read).filter(({ isDirty }) => isDirty);
  const sum = (name: 'likes' | 'plays') => dirty.reduce((all, counters) => all + counters[name], 0);
  const counted = song && { ...song, likes: Math.max(0, song.likes + sum('likes')), plays: Math.max(0, song.plays + sum('plays')) };
  return { stored: stored!, book: book!, shards, counted };
}

function read(counters: DocumentSnapshot) {
  return Counters.parse(fromDocument(counters.data() ?? {}));
}

/** What carrying over writes at most. */
export function writesOf({ book, shards }: Waiting): number {
  const dirtyCount = shards.filter((shard) => read(shard).isDirty).length;
  return dirtyCount + (read(book).isDirty || dirtyCount > 0 ? 3 : 0);
}

/**
 * Carries over without a lock. A shard that nobody adds to meanwhile goes; from one that grows, what was read is taken off, so that
 * a song which is played all the time gets its plays all the same. When another was quicker, nothing happens.
 */
export async function carryOver(waiting: Waiting, now: Date): Promise<void> {
  if (writesOf(waiting) === 0) return;
  for (const isQuiet of [true, false]) {
    try {
      await (await writeAll(waiting, now, isQuiet)).commit();
      return replaceSong(waiting.counted!);
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
}

async function writeAll({ stored, book, shards, counted }: Waiting, now: Date, isQuiet: boolean): Promise<WriteBatch> {
  const db = await database();
  const { likes, plays } = counted!;
  const unchanged = (document: DocumentSnapshot) => ({ lastUpdateTime: document.updateTime! });
  const batch = db.batch();
  const paidUntilAt = new Date(Math.max(now.getTime(), Date.parse(read(book).paidUntilAt)) + INTERVAL_MS);
  const settled = { likes: 0, plays: 0, isDirty: false, paidUntilAt };
  if (book.exists) batch.update(book.ref, settled, unchanged(book));
  else batch.create(book.ref, settled);
  batch.update(stored.ref, { likes, plays }, unchanged(stored));
  if (likes !== stored.get('likes')) writeSongSearch(batch, db, counted!); // lists of the most liked are searched too
  for (const shard of shards.filter((each) => read(each).isDirty)) {
    const counts = read(shard);
    if (isQuiet) batch.delete(shard.ref, unchanged(shard));
    else batch.update(shard.ref, { likes: await increment(-counts.likes), plays: await increment(-counts.plays) });
  }
  return batch;
}
