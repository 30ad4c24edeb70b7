/**
 * `counters/{songId}`: likes and plays that are not yet in the song itself. Whoever adds writes here, without reading; from time to
 * time the sum is carried over into `songs`, so that a song many like is written, and shown to those who listen, only now and then.
 */
import type { DocumentSnapshot, Firestore, Transaction, WriteBatch } from '@google-cloud/firestore';
import { z } from 'zod';
import { database, fromDocument, increment, isConflict } from '#shared/runtime';
import type { Song } from './schema.ts';
import { replaceSong } from './sharedSongs.ts';
import { SONG_SEARCH, writeSongSearch } from './songSearch.ts';
import { toSong } from './store.ts';

export const COUNTERS = 'counters';

const BEGINNING = new Date(0).toISOString();
/** What somebody has spoiled by hand counts nothing, and is written anew. */
const Counters = z.object({
  likes: z.int().catch(0),
  plays: z.int().catch(0),
  /** Something waits to be carried over, or, of a song that has gone, to be removed. */
  isDirty: z.boolean().catch(false),
  /** Each carrying over moves it on by `INTERVAL_MS`: how far it may be ahead of the time is what the song has left. */
  paidUntilAt: z.iso.datetime().catch(BEGINNING),
});

/** In the long run a song is written so often at most; a few changes in a row are still shown at once. */
const INTERVAL_MS = 10_000;
const AT_ONCE = 5;

function countersRef(db: Firestore, songId: string) {
  return db.collection(COUNTERS).doc(songId);
}

/** Adds to what waits, and makes sure that it will be carried over. */
export async function addCounts(
  writer: Transaction | WriteBatch,
  db: Firestore,
  songId: string,
  counts: Partial<Record<'likes' | 'plays', 1 | -1>>,
): Promise<void> {
  const added = await Promise.all(Object.entries(counts).map(async ([name, by]) => [name, await increment(by)] as const));
  (writer as WriteBatch).set(countersRef(db, songId), { ...Object.fromEntries(added), isDirty: true }, { merge: true });
}

/** To be written with the end of a song: nobody finds it any more, and its likes and counters go with the next `rollUpCounters`. */
export function removeTraces(writer: Transaction | WriteBatch, db: Firestore, songId: string): void {
  (writer as WriteBatch).delete(db.collection(SONG_SEARCH).doc(songId));
  (writer as WriteBatch).set(countersRef(db, songId), { isDirty: true }, { merge: true });
}

/**
 * Carries over what waits, without a lock: if somebody writes meanwhile, nothing happens, and it waits on. Its `updatedAt` stays: the
 * song is the same.
 *
 * @param options.mayWait - only while the song has not been written too often lately
 * @returns the song with everything that is counted; `undefined` when there is none
 */
export async function rollUp(songId: string, now: Date, { mayWait }: { mayWait: boolean }): Promise<Song | undefined> {
  const db = await database();
  const [counters, stored] = await db.getAll(countersRef(db, songId), db.doc(`songs/${songId}`));
  const song = toSong(stored!);
  if (!song) return undefined;
  const waiting = Counters.parse(fromDocument(counters!.data() ?? {}));
  const counted = { ...song, likes: Math.max(0, song.likes + waiting.likes), plays: Math.max(0, song.plays + waiting.plays) };
  const aheadMs = Date.parse(waiting.paidUntilAt) - now.getTime();
  if (!waiting.isDirty || (mayWait && aheadMs > (AT_ONCE - 1) * INTERVAL_MS)) return counted;
  const paidUntilAt = new Date(now.getTime() + Math.max(0, aheadMs) + INTERVAL_MS);
  await carryOver({ counters: counters!, stored: stored! }, counted, paidUntilAt);
  return counted;
}

async function carryOver(
  { counters, stored }: { counters: DocumentSnapshot; stored: DocumentSnapshot },
  counted: Song,
  paidUntilAt: Date,
): Promise<void> {
  const db = await database();
  const { likes, plays } = counted;
  const unchanged = (document: DocumentSnapshot) => ({ lastUpdateTime: document.updateTime! });
  const batch = db.batch();
  batch.update(counters.ref, { likes: 0, plays: 0, isDirty: false, paidUntilAt }, unchanged(counters));
  batch.update(stored.ref, { likes, plays }, unchanged(stored));
  if (likes !== stored.get('likes')) writeSongSearch(batch, db, counted); // lists of the most liked are searched too
  try {
    await batch.commit();
    replaceSong(counted);
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
}
