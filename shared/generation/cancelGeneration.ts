import { problem, transact } from '#shared/runtime';
import { forgetSong, type Song } from '#shared/songs';
import { BOUNDS, discardAt } from './bounds.ts';
import type { Generation } from './schema.ts';
import { intervene, removeSong } from './store.ts';
import { cancel, dropSong } from './transitions.ts';
import { hasEnded, viewOf } from './work.ts';

/**
 * Stops a request. Cancelling twice is a success.
 *
 * @throws `generation_ended` when it is ready or has failed
 */
export async function cancelGeneration(generationId: string, now: Date): Promise<Generation> {
  let songIds: string[] = [];
  const work = await intervene(generationId, now, (current) => {
    if (current.state === 'cancelled') return undefined;
    if (hasEnded(current)) throw problem('generation_ended');
    songIds = current.songs.map(({ songId }) => songId);
    return cancel(current, now, BOUNDS);
  });
  if (!work) throw problem('not_found');
  for (const songId of songIds) forgetSong(songId);
  return viewOf(work);
}

/** Removes a song, in whatever state; its bytes go later, by the worker. In the making, what still comes of it is discarded. */
export async function deleteSong(
  { songId, ownerId, generationId }: Pick<Song, 'songId' | 'ownerId' | 'generationId'>,
  now: Date,
): Promise<void> {
  const isDropped = generationId !== null && (await dropFromWork(generationId, songId, now));
  if (!isDropped) {
    // An import made it, or it has gone meanwhile: then this changes nothing.
    await transact((transaction, db) => Promise.resolve(removeSong(transaction, db, { songId, ownerId }, discardAt(now, BOUNDS))));
  }
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
