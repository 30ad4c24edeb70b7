import type { DocumentSnapshot } from '@google-cloud/firestore';
import { type Caller, needsOf } from '#shared/access';
import { Cache, database, fromDocument, systemClock } from '#shared/runtime';
import { Song, SongMedia } from './schema.ts';

/** Songs that everybody may see, shared by all callers of this process. Owners and operators always read afresh (G14). */
const sharedSongs = new Cache<{ song: Song | undefined }>({ maxEntries: 2_000, maxAgeMs: 30_000 });

export const songs = needsOf('song', {
  find: findSong,
  subject: (song: Song) => ({ ownerId: song.ownerId, isShared: isShared(song) }),
});

/** For deleting: also a song that has gone already. Its media document still tells whose it was. */
export const songsEverMade = needsOf('song', {
  find: findSongEverMade,
  subject: ({ ownerId }) => ({ ownerId, isShared: false }),
});

export async function findSongEverMade(songId: string): Promise<Pick<Song, 'songId' | 'ownerId' | 'generationId'> | undefined> {
  const song = await readSong(songId);
  const media = song ? undefined : await readSongMedia(songId);
  return song ?? (media && { songId, ownerId: media.ownerId, generationId: null });
}

/** In the making or failed, a song is its owner's business, whatever its visibility. */
function isShared({ state, visibility }: Song): boolean {
  return state === 'ready' && visibility !== 'private';
}

async function findSong(songId: string, caller: Caller): Promise<Song | undefined> {
  const known = sharedSongs.peek(songId, systemClock)?.song;
  if (known && isShared(known) && !mustReadAfresh(caller, known)) return known;
  // What may not be shared is read every time: only its owner ever gets to see it.
  return (await sharedSongs.refresh(songId, systemClock, async () => ({ song: await readSong(songId) }))).song;
}

function mustReadAfresh(caller: Caller, song: Song): boolean {
  return caller.kind === 'user' && (caller.role === 'admin' || caller.uid === song.ownerId);
}

/** To be called after a change, so that whoever made it reads it here at once. */
export function forgetSong(songId: string): void {
  sharedSongs.forget(songId);
}

async function readSong(songId: string): Promise<Song | undefined> {
  const db = await database();
  return toSong(await db.doc(`songs/${songId}`).get());
}

export function toSong(snapshot: DocumentSnapshot): Song | undefined {
  const data = snapshot.data();
  return data && Song.parse(fromDocument(data));
}

export async function readSongMedia(songId: string): Promise<SongMedia | undefined> {
  const db = await database();
  return toSongMedia(await db.doc(`songMedia/${songId}`).get());
}

export function toSongMedia(snapshot: DocumentSnapshot): SongMedia | undefined {
  const data = snapshot.data();
  return data && SongMedia.parse(fromDocument(data));
}
