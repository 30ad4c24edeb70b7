/**
 * What everybody may see, kept in memory for all callers of this process. Owners and operators always read afresh; for others it is at
 * most 260 s old here, and 5 minutes with all that HTTP caches on the way may add (G14).
 */
import { askOrRecall, type Caller } from '#shared/access';
import { type Beginning, Cache, type Clock, within } from '#shared/runtime';
import type { Song, SongMedia } from './schema.ts';

/** With twice the `cache` of what answers with songs, for Hosting's cache and the browser's, that is 300 s. */
export const SHARED_AGE_MS = 260_000;
/** A media document is checked against its song at each use: it needs no age of its own. */
const MEDIA_AGE_MS = 3_600_000;
const READ_LIMIT_MS = 5_000;

const kept = new Cache<Known>({ maxEntries: 2_000, maxAgeMs: SHARED_AGE_MS });
const keptMedia = new Cache<SongMedia>({ maxEntries: 2_000, maxAgeMs: MEDIA_AGE_MS });

/** In the making or failed, a song is its owner's business, whatever its visibility. */
export function isShared({ state, visibility }: Song): boolean {
  return state === 'ready' && visibility !== 'private';
}

export function mustReadAfresh(caller: Caller, { ownerId }: Pick<Song, 'ownerId'>): boolean {
  return caller.kind === 'user' && (caller.role === 'admin' || caller.uid === ownerId);
}

/** What is remembered, if everybody may see it. */
export function sharedSong(songId: string, clock: Clock, maxAgeMs?: number): Song | undefined {
  const song = kept.peek(songId, clock, maxAgeMs)?.song;
  return song && isShared(song) ? song : undefined;
}

interface Known {
  song: Song | undefined;
}

/** Reads and keeps it. Who is signed in may have changed it: he does not get what somebody else began to read before he asked. */
export function loadSong(songId: string, caller: Caller, clock: Clock, read: () => Promise<Song | undefined>): Promise<Known> {
  const load = async () => ({ song: await within(READ_LIMIT_MS, 'a song', read()) });
  return caller.kind === 'user' ? kept.refresh(songId, clock, load) : kept.join(songId, clock, load);
}

/** What `load` brings; while the database is away, what is known of the song, however old, or undefined when that is nothing. */
export function loadOrRecall(songId: string, clock: Clock, load: () => Promise<Known>): Promise<Known | undefined> {
  return askOrRecall(kept, songId, clock, load);
}

/** To be called before songs are read that `rememberSongs` is given. */
export function beginRemembering(clock: Clock): Beginning {
  return kept.begin(clock);
}

export function rememberSongs(songs: Song[], began: Beginning): void {
  for (const song of songs) kept.remember(song.songId, { song }, began);
}

/** To be called after a change that leaves the song in the lists in which it is, so that it is read here at once. */
export function replaceSong(song: Song): void {
  kept.replace(song.songId, { song });
}

/** To be called after any other change. */
export function forgetSong(songId: string): void {
  kept.forget(songId);
  keptMedia.forget(songId);
  changes += 1;
}

let changes = 0;

/** How often this process has changed which songs there are to list: what was listed before is not shown after. */
export function changesSeen(): number {
  return changes;
}

/** What is remembered of a song's bytes, while it fits the song: of one that is ready only the cover ever changes. */
export function sharedMedia(song: Song, clock: Clock): SongMedia | undefined {
  const media = keptMedia.peek(song.songId, clock);
  return media && media.audio?.bytes === song.audio?.bytes && (media.cover !== null) === song.hasCover ? media : undefined;
}

export function rememberMedia(song: Song, media: SongMedia, clock: Clock): void {
  if (isShared(song)) keptMedia.remember(song.songId, media, keptMedia.begin(clock));
}
