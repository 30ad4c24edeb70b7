import { problem, transact } from '#shared/runtime';
import { forgetSong } from '#shared/songs';
import { BOUNDS } from './bounds.ts';
import type { Generation } from './schema.ts';
import { createDiscard, intervene } from './store.ts';
import { cancel, dropSong, later } from './transitions.ts';
import { hasEnded, viewOf } from './work.ts';

/**
 * Stops a request. Cancelling twice is a success.
 *
 * @throws `generation_ended` when it is ready or has failed
 */
export async function cancelGeneration(generationId: string, now: Date): Promise<Generation> {
  const work = await intervene(generationId, now, (current) => {
    if (current.state === 'cancelled') return undefined;
    if (hasEnded(current)) throw problem('generation_ended');
    return cancel(current, now, BOUNDS);
  });
  if (!work) throw problem('not_found');
  for (const { songId } of work.songs) forgetSong(songId);
  return viewOf(work);
}

/** Removes a song, in whatever state; its bytes go later, by the worker. In the making, what still comes of it is discarded. */
export async function deleteSong({ songId, generationId }: { songId: string; generationId: string | null }, now: Date): Promise<void> {
  // The bytes first: a crash after this leaves a song that plays a moment longer, never bytes that nobody knows of.
  await scheduleDiscard(songId, now);
  const isDropped = generationId !== null && (await dropFromWork(generationId, songId, now));
  if (!isDropped) await removeDocuments(songId);
  forgetSong(songId);
}

async function dropFromWork(generationId: string, songId: string, now: Date): Promise<boolean> {
  let isDropped = false;
  await intervene(generationId, now, (work) => {
    isDropped = work.songs.some((song) => song.songId === songId);
    return isDropped ? dropSong(work, songId, now, BOUNDS) : undefined;
  });
  return isDropped;
}

/** Later than any worker can still be storing it. */
function scheduleDiscard(songId: string, now: Date): Promise<void> {
  return transact((transaction, db) => {
    createDiscard(transaction, db, songId, new Date(later(now, 2 * BOUNDS.leaseMs)));
    return Promise.resolve();
  });
}

function removeDocuments(songId: string): Promise<void> {
  return transact((transaction, db) => {
    transaction.delete(db.doc(`songs/${songId}`));
    transaction.delete(db.doc(`songMedia/${songId}`));
    return Promise.resolve();
  });
}
