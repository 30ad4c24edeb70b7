/** The last part of a sweep: songs of before there was a search are found as all others are. */
import type { DocumentSnapshot } from '@google-cloud/firestore';
import { database, inParallel, transact, within } from '#shared/runtime';
import { SONG_SEARCH, type Song, toSong, writeSongSearch } from '#shared/songs';
import { pagesOf } from './pagesOf.ts';
import type { Sweep } from './sweep.ts';

const CALL_LIMIT_MS = 30_000;

/** @param after - the last id that has been looked at */
export async function* sweepSearch(sweep: Sweep, after?: string): AsyncGenerator<string> {
  for await (const songs of pagesOf('songs', undefined, after)) {
    const unknown = await withoutSearch(songs, sweep);
    await inParallel(unknown, sweep.bounds.atOnce, ({ id }) => makeFound(id, sweep));
    yield songs.at(-1)!.id;
  }
}

/** Nothing of what it says is asked for: that it is there is enough. */
async function withoutSearch(songs: DocumentSnapshot[], sweep: Sweep): Promise<DocumentSnapshot[]> {
  const db = await database();
  const refs = songs.map(({ id }) => db.collection(SONG_SEARCH).doc(id));
  const found = await within(CALL_LIMIT_MS, 'what songs are found by', db.getAll(...refs, { fieldMask: ['ownerId'] }));
  sweep.spent.reads += refs.length;
  return songs.filter((_, at) => !found[at]!.exists);
}

async function makeFound(songId: string, sweep: Sweep): Promise<void> {
  sweep.spent.reads += 2;
  const isMissing = await transact(async (transaction, db) => {
    const [stored, known] = await transaction.getAll(db.doc(`songs/${songId}`), db.collection(SONG_SEARCH).doc(songId));
    const song = readSong(stored!);
    if (!song || known!.exists) return false;
    if (!sweep.isDryRun) writeSongSearch(transaction, db, song);
    return true;
  });
  if (!isMissing) return;
  sweep.counts.searchesWritten += 1;
  if (!sweep.isDryRun) sweep.spent.writes += 1;
}

/** One that somebody has spoiled by hand is in no list either. */
function readSong(stored: DocumentSnapshot): Song | undefined {
  try {
    return toSong(stored);
  } catch {
    return undefined;
  }
}
