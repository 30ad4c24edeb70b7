/**
 * The state machine of making a song, alone: from what is stored and what happened to what is to be stored.
 *
 *     queued → submitting → submitted → archiving → ready
 *                  └→ unknown → failed     └→ failed           cancelled (from queued; later: results are discarded)
 *
 * Nothing here waits, reads or writes; `store.ts` does, under the fence.
 */
import type { StoredObject } from '#shared/media';
import type { ProviderTask } from '#shared/music';
import { type Bounds, discardAt, later } from './bounds.ts';
import { dueAfter, makingEndsMs, nextDue } from './dueTimes.ts';
import { type FailureCode, failure } from './schema.ts';
import { hasEnded, shownSongs, type Work, type WorkSong } from './work.ts';

/** What is to be written, all of it or nothing. */
export interface Change {
  work: Work;
  songs: SongEffect[];
  /** How the reserved credit ends. Once in the life of a request. */
  credit?: 'settle' | 'release';
  /** The provider has charged for it, or may have: counted against the day's budget. Once in the life of a request. */
  charge?: 'accepted' | 'unknown';
}

/** `discardAt`: from when on its bytes are removed; whoever still stores some without knowing must have ended by then. */
export type SongEffect =
  | { kind: 'create'; songId: string }
  | { kind: 'fail'; songId: string; discardAt: string | null }
  | { kind: 'remove'; songId: string; discardAt: string }
  | { kind: 'publish'; songId: string; audio: StoredObject; durationMs: number; title: string | null; lyrics: string | null }
  | { kind: 'cover'; songId: string; cover: StoredObject };

type Patch = Partial<Work>;

function change(work: Work, patch: Patch, now: Date, more: Omit<Change, 'work'> = { songs: [] }): Change {
  const next = { ...work, ...patch, updatedAt: now.toISOString() };
  return { work: hasEnded(next) ? { endedAt: next.updatedAt, ...next } : next, ...more };
}

function same(work: Work): Change {
  return { work, songs: [] };
}

/** The order is about to leave: written down first, so that a crash from here on never leads to a second one. */
export function intend(work: Work, now: Date, bounds: Bounds): Change {
  return change(work, { state: 'submitting', intentAt: now.toISOString(), dueAt: later(now, bounds.leaseMs) }, now);
}

interface NotSent {
  /** As long as the provider said. */
  waitMs?: number;
  /** 0 to 1: those that come back do not come back together. */
  random: number;
  /** What it fails for when it has waited too long. */
  code?: FailureCode;
}

/** It certainly did not arrive: again after a pause, unless it has waited too long. */
export function backToQueue(work: Work, now: Date, bounds: Bounds, { waitMs = 0, random, code = 'provider_unavailable' }: NotSent): Change {
  if (work.state !== 'submitting' && work.state !== 'queued') return same(work);
  const { first, factor, most } = bounds.queuedBackoffMs;
  const pauseMs = Math.max(waitMs, Math.min(most, first * factor ** work.tries) * (0.5 + random / 2));
  const lastMs = Date.parse(work.createdAt) + bounds.queuedMs;
  if (now.getTime() + pauseMs > lastMs) return fail(work, code, now);
  return change(work, { state: 'queued', intentAt: null, tries: work.tries + 1, dueAt: later(now, pauseMs) }, now);
}

/** The provider has taken it: from now on there are songs. */
export function accept(work: Work, songs: { songId: string; taskId: string }[], now: Date, bounds: Bounds): Change {
  if (work.state !== 'submitting') return same(work);
  const fresh: Omit<WorkSong, 'songId' | 'taskId'> = {
    state: 'making',
    failure: null,
    downloads: 0,
    firstDownloadAt: null,
    storageDownAt: null,
    coverDueAt: null,
  };
  const patch: Patch = {
    state: 'submitted',
    submittedAt: now.toISOString(),
    songs: songs.map((song) => ({ ...song, ...fresh })),
    dueAt: later(now, bounds.pollMs.first),
  };
  return change(work, patch, now, { songs: songs.map(({ songId }) => ({ kind: 'create', songId })), charge: 'accepted' });
}

/** Nobody knows whether the provider has taken it: it is never sent again, and given up in time. */
export function loseTrack(work: Work, now: Date, bounds: Bounds): Change {
  if (work.state !== 'submitting') return same(work);
  const intendedAt = new Date(work.intentAt ?? now);
  return change(work, { state: 'unknown', dueAt: later(intendedAt, bounds.unknownMs) }, now, { songs: [], charge: 'unknown' });
}

/** All of it has failed, and the credit goes back. */
export function fail(work: Work, code: FailureCode, now: Date, said?: string | null): Change {
  if (hasEnded(work)) return same(work);
  const credits = { ...work.credits, released: work.credits.reserved };
  return change(work, { state: 'failed', failure: failure(code, said), credits, dueAt: null }, now, { songs: [], credit: 'release' });
}

interface Heard {
  tasks: Map<string, ProviderTask>;
  /** How long the provider wants to be left alone. */
  waitMs: number;
}

/** What the provider says of the songs that it is making. Songs it does not mention stay as they are, until their time is up. */
export function hear(work: Work, { tasks, waitMs }: Heard, now: Date, bounds: Bounds): Change {
  if (work.songs.length === 0) return same(work);
  const isLate = now.getTime() >= makingEndsMs(work, bounds);
  const songs = work.songs.map((song): WorkSong => {
    if (song.state === 'ready' || song.state === 'failed') return song;
    const task = tasks.get(song.taskId);
    if (task?.state === 'final') return { ...song, state: 'finished' };
    if (task?.state === 'failed') return { ...song, state: 'failed', failure: failure('provider_failed', task.failure?.text) };
    // Done in time, but our storage could not take it: the provider's time is over without it being late.
    if (song.storageDownAt) return isPast(song.storageDownAt, bounds.storageMs, now) ? failed(song, 'storage_unavailable') : song;
    return isLate ? failed(song, 'provider_timeout') : song;
  });
  const heard = conclude({ ...work, songs, polls: work.polls + 1 }, work, now, bounds);
  if (waitMs === 0) return heard;
  return { ...heard, work: { ...heard.work, dueAt: dueAfter(heard.work, now.getTime() + waitMs, bounds) } };
}

/** The sound is in our storage. From here on the song can be heard. */
export function publish(
  work: Work,
  { songId, ...stored }: { songId: string; audio: StoredObject; durationMs: number; title: string | null; lyrics: string | null },
  now: Date,
  bounds: Bounds,
): Change {
  if (stateOf(work, songId) !== 'finished') return same(work);
  const songs = withSong(work, songId, { state: 'ready', storageDownAt: null, coverDueAt: later(now, bounds.coverMs) });
  const concluded = conclude({ ...work, songs }, work, now, bounds);
  return { ...concluded, songs: [...concluded.songs, { kind: 'publish', songId, ...stored }] };
}

/** A download brought no good sound. It is tried again within a short while, `tries` times in all. */
export function countDownload(work: Work, songId: string, { tries, now }: { tries: number; now: Date }, bounds: Bounds): Change {
  const song = work.songs.find((each) => each.songId === songId);
  if (song?.state !== 'finished') return same(work);
  const counted = { downloads: song.downloads + 1, firstDownloadAt: song.firstDownloadAt ?? now.toISOString() };
  const given = isLastDownload(song, { tries, now }, bounds) ? failed({ ...song, ...counted }, 'provider_bad_audio') : counted;
  return conclude({ ...work, songs: withSong(work, songId, given) }, work, now, bounds);
}

/** After the download that is being made now there is no other. */
export function isLastDownload(song: WorkSong, { tries, now }: { tries: number; now: Date }, { downloads }: Bounds): boolean {
  const { firstDownloadAt } = song;
  return song.downloads + 1 >= tries || (firstDownloadAt !== null && isPast(firstDownloadAt, downloads.withinMs, now));
}

/** Our storage cannot take it now. No try is counted; a day of it is the end. */
export function waitForStorage(work: Work, songId: string, now: Date, bounds: Bounds): Change {
  const song = work.songs.find((each) => each.songId === songId);
  if (song?.state !== 'finished') return same(work);
  const storageDownAt = song.storageDownAt ?? now.toISOString();
  const isOver = isPast(storageDownAt, bounds.storageMs, now);
  const given = isOver ? failed({ ...song, storageDownAt }, 'storage_unavailable') : { storageDownAt };
  return conclude({ ...work, songs: withSong(work, songId, given) }, work, now, bounds);
}

/** The cover is in our storage; or there is nothing to wait for any more. */
export function cover(work: Work, songId: string, stored: StoredObject | null, now: Date, bounds: Bounds): Change {
  if (stateOf(work, songId) !== 'ready') return same(work);
  const concluded = conclude({ ...work, songs: withSong(work, songId, { coverDueAt: null }) }, work, now, bounds);
  return stored ? { ...concluded, songs: [...concluded.songs, { kind: 'cover', songId, cover: stored }] } : concluded;
}

/** The owner does not want it any more. Before the order left, the credit goes back; later, what comes is discarded. */
export function cancel(work: Work, now: Date, bounds: Bounds): Change {
  if (hasEnded(work)) return same(work);
  const isFree = work.state === 'queued';
  const credits = { ...work.credits, [isFree ? 'released' : 'settled']: work.credits.reserved };
  const removed = work.songs.map(({ songId }): SongEffect => ({ kind: 'remove', songId, discardAt: discardAt(now, bounds) }));
  const patch: Patch = { state: 'cancelled', songs: [], credits, fence: work.fence + 1, dueAt: null };
  const more: Omit<Change, 'work'> = { songs: removed, credit: isFree ? 'release' : 'settle' };
  // The answer to an order that has just left will be refused: nobody else would count what it cost.
  return change(work, patch, now, work.state === 'submitting' ? { ...more, charge: 'unknown' } : more);
}

/**
 * One of the songs is not wanted. When nothing is left that can become one, that is a late cancel.
 *
 * Whoever is at work on the other song loses his lease and it is begun anew: he may hold what is not wanted as well.
 */
export function dropSong(work: Work, songId: string, now: Date, bounds: Bounds): Change {
  const songs = work.songs.filter((song) => song.songId !== songId);
  if (songs.every((song) => song.state === 'failed') && !hasEnded(work)) return cancel(work, now, bounds);
  const concluded = conclude({ ...work, songs, fence: work.fence + 1 }, work, now, bounds);
  return { ...concluded, songs: [...concluded.songs, { kind: 'remove', songId, discardAt: discardAt(now, bounds) }] };
}

/** The same change, but the worker goes on with it: nobody else is to find it for another while. */
export function hold({ work, ...rest }: Change, now: Date, bounds: Bounds): Change {
  return { work: { ...work, dueAt: later(now, bounds.leaseMs) }, ...rest };
}

/** Puts it back, to be found when its next step is due. */
export function putBack(work: Work, now: Date, bounds: Bounds): Change {
  return same({ ...work, dueAt: nextDue(work, now, bounds) });
}

/** Puts it back half done, for someone else to go on with at once. */
export function handOver(work: Work, now: Date): Change {
  return same({ ...work, dueAt: now.toISOString() });
}

/** What the states of the songs mean for the whole: one that is ready makes it `ready`, and only when all have failed has it `failed`. */
function conclude(next: Work, before: Work, now: Date, bounds: Bounds): Change {
  const songs = next.songs.flatMap((song): SongEffect[] => {
    const was = stateOf(before, song.songId);
    if (song.state !== 'failed' || was === 'failed') return [];
    return [{ kind: 'fail', songId: song.songId, discardAt: was === 'finished' ? discardAt(now, bounds) : null }];
  });
  const dueAt = nextDue(next, now, bounds);
  if (!hasEnded(before) && next.songs.some((song) => song.state === 'ready')) {
    const credits = { ...next.credits, settled: next.credits.reserved };
    return change(next, { state: 'ready', credits, dueAt }, now, { songs, credit: 'settle' });
  }
  const [first] = next.songs;
  if (!hasEnded(before) && first && next.songs.every((song) => song.state === 'failed')) {
    const credits = { ...next.credits, released: next.credits.reserved };
    return change(next, { state: 'failed', failure: first.failure, credits, dueAt }, now, { songs, credit: 'release' });
  }
  const state = hasEnded(before) ? before.state : next.songs.some((song) => song.state === 'making') ? 'submitted' : 'archiving';
  const isSeen = state !== before.state || JSON.stringify(shownSongs(next)) !== JSON.stringify(shownSongs(before));
  return isSeen ? change(next, { state, dueAt }, now, { songs }) : { work: { ...next, dueAt }, songs };
}

function isPast(since: string, ms: number, now: Date): boolean {
  return now.getTime() >= Date.parse(since) + ms;
}

function failed<Song extends Partial<WorkSong>>(song: Song, code: FailureCode): Song & Pick<WorkSong, 'state' | 'failure'> {
  return { ...song, state: 'failed', failure: failure(code) };
}

function withSong(work: Work, songId: string, patch: Partial<WorkSong>): WorkSong[] {
  return work.songs.map((song) => (song.songId === songId ? { ...song, ...patch } : song));
}

function stateOf(work: Work, songId: string): WorkSong['state'] | undefined {
  return work.songs.find((song) => song.songId === songId)?.state;
}
