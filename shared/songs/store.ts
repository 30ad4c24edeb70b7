import type { DocumentSnapshot } from '@google-cloud/firestore';
import { type Caller, needsOf } from '#shared/access';
import { type Clock, database, fromDocument } from '#shared/runtime';
import { Song, SongMedia } from './schema.ts';
import { isShared, loadSong, mustReadAfresh, rememberMedia, sharedMedia, sharedSong } from './sharedSongs.ts';

export const songs = needsOf('song', {
  find: (songId, caller, clock) => findSong(songId, caller, clock),
  findMany: readSongs,
  subject: (song: Song) => ({ ownerId: song.ownerId, isShared: isShared(song) }),
});

/** For playing: a song that was taken back plays for nobody else after so long, whatever ticket he has. */
const PLAYED_AGE_MS = 30_000;

export const playedSongs = needsOf('song', {
  find: (songId, caller, clock) => findSong(songId, caller, clock, PLAYED_AGE_MS),
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

function findSong(songId: string, caller: Caller, clock: Clock, maxAgeMs?: number): Promise<Song | undefined> {
  const known = sharedSong(songId, clock, maxAgeMs);
  if (known && !mustReadAfresh(caller, known)) return Promise.resolve(known);
  return loadSong(songId, clock, () => readSong(songId));
}

/** In one round trip. One that somebody has spoiled by hand is as if it were not there. */
async function readSongs(songIds: string[]): Promise<(Song | undefined)[]> {
  if (songIds.length === 0) return [];
  const db = await database();
  const found = await db.getAll(...songIds.map((songId) => db.doc(`songs/${songId}`)));
  return found.map((snapshot) => Song.safeParse(fromDocument(snapshot.data() ?? {})).data);
}

async function readSong(songId: string): Promise<Song | undefined> {
  const db = await database();
  return toSong(await db.doc(`songs/${songId}`).get());
}

export function toSong(snapshot: DocumentSnapshot): Song | undefined {
  const data = snapshot.data();
  return data && Song.parse(fromDocument(data));
}

/** Where the bytes of a song are that the caller may play. */
export async function findSongMedia(song: Song, caller: Caller, clock: Clock): Promise<SongMedia | undefined> {
  const known = mustReadAfresh(caller, song) ? undefined : sharedMedia(song, clock);
  if (known) return known;
  const media = await readSongMedia(song.songId);
  if (media) rememberMedia(song, media, clock);
  return media;
}

export async function readSongMedia(songId: string): Promise<SongMedia | undefined> {
  const db = await database();
  return toSongMedia(await db.doc(`songMedia/${songId}`).get());
}

export function toSongMedia(snapshot: DocumentSnapshot): SongMedia | undefined {
  const data = snapshot.data();
  return data && SongMedia.parse(fromDocument(data));
}
