import type { DocumentSnapshot } from '@google-cloud/firestore';
import { type Caller, type HeldTicket, needsOf } from '#shared/access';
import { type Clock, database, fromDocument } from '#shared/runtime';
import { Song, SongMedia } from './schema.ts';
import { isShared, loadOrRecall, loadSong, mustReadAfresh, rememberMedia, sharedMedia, sharedSong } from './sharedSongs.ts';

export const songs = needsOf('song', {
  find: (songId, caller, clock) => findSong(songId, caller, clock),
  findMany: readSongs,
  subject: (song: Song) => ({ ownerId: song.ownerId, isShared: isShared(song) }),
});

/** For reading: who is signed in reads it as it is, because he may have liked it in another process. */
export const shownSongs = needsOf('song', {
  find: async (songId, caller, clock) => {
    const known = sharedSong(songId, clock);
    if (caller.kind !== 'user' || !known || mustReadAfresh(caller, known)) return findSong(songId, caller, clock);
    return (await loadOrRecall(songId, clock, () => loadSong(songId, caller, clock, () => readSong(songId))))?.song;
  },
  subject: (song: Song) => ({ ownerId: song.ownerId, isShared: isShared(song) }),
});

/** A song, and where its bytes are: undefined for whoever has a ticket, which says it. */
export interface PlayedSong {
  song: Song;
  media: SongMedia | undefined;
}

/** For tickets that are made. */
export const playableSongs = needsOf('song', {
  find: (songId, caller, clock) => findPlayed(songId, caller, clock),
  subject: ({ song }: PlayedSong) => ({ ownerId: song.ownerId, isShared: isShared(song) }),
});

/** For playing: a song that was taken back plays for nobody else after so long, whatever ticket he has. */
const PLAYED_AGE_MS = 30_000;

export const playedSongs = needsOf('song', {
  find: (songId, caller, clock) =>
    caller.kind !== 'scheduler' && caller.ticket
      ? findTicketed(caller.ticket, caller, clock)
      : findPlayed(songId, caller, clock, PLAYED_AGE_MS),
  subject: ({ song }: PlayedSong) => ({ ownerId: song.ownerId, isShared: isShared(song) }),
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

function knownSong(songId: string, caller: Caller, clock: Clock, maxAgeMs?: number): Song | undefined {
  const known = sharedSong(songId, clock, maxAgeMs);
  return known && !mustReadAfresh(caller, known) ? known : undefined;
}

async function findSong(songId: string, caller: Caller, clock: Clock): Promise<Song | undefined> {
  return knownSong(songId, caller, clock) ?? (await loadSong(songId, caller, clock, () => readSong(songId))).song;
}

/** What is not known is read in one round trip. */
async function findPlayed(songId: string, caller: Caller, clock: Clock, maxAgeMs?: number): Promise<PlayedSong | undefined> {
  const known = knownSong(songId, caller, clock, maxAgeMs);
  if (known) return { song: known, media: sharedMedia(known, clock) ?? (await loadMedia(known, clock)) };
  let read: ReadSong | undefined;
  const { song } = await loadSong(songId, caller, clock, async () => {
    read = await readSongAndMedia(songId);
    return read.song;
  });
  if (!song) return undefined;
  if (!read) return { song, media: await loadMedia(song, clock) }; // somebody else has read the song
  if (read.media) rememberMedia(song, read.media, clock);
  return { song, media: read.media };
}

/** While the database is away it is as it was last known, and one that nobody here has met is as the ticket says. */
async function findTicketed(ticket: HeldTicket, caller: Caller, clock: Clock): Promise<PlayedSong | undefined> {
  const { songId } = ticket;
  const known = knownSong(songId, caller, clock, PLAYED_AGE_MS);
  if (known) return { song: known, media: undefined };
  const found = await loadOrRecall(songId, clock, () => loadSong(songId, caller, clock, () => readSong(songId)));
  const { song } = found ?? { song: unseenSong(ticket) };
  return song && { song, media: undefined };
}

/** Of a song that could be played when the ticket was made, what playing asks of it. */
function unseenSong({ songId, issuedAt }: HeldTicket): Song {
  return {
    ...{ songId, generationId: null, ownerId: '', ownerName: '', title: songId, style: '', lyrics: null, instrumental: false },
    ...{ visibility: 'unlisted', state: 'ready', durationMs: null, audio: null, hasCover: false, likes: 0, plays: 0 },
    ...{ createdAt: issuedAt, updatedAt: issuedAt },
  };
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

interface ReadSong {
  song: Song | undefined;
  media: SongMedia | undefined;
}

async function readSongAndMedia(songId: string): Promise<ReadSong> {
  const db = await database();
  const [song, media] = await db.getAll(db.doc(`songs/${songId}`), db.doc(`songMedia/${songId}`));
  return { song: toSong(song!), media: toSongMedia(media!) };
}

async function loadMedia(song: Song, clock: Clock): Promise<SongMedia | undefined> {
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
