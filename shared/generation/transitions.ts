/**
 * The state machine of making a song, alone: from what is stored and what happened to what is to be stored.
 *
 *     queued → submitting → submitted → archiving → ready
 *                  └→ unknown → failed     └→ failed           cancelled (from queued; later: results are discarded)
 *
 * Nothing here waits, reads or writes; `store.ts` does, under the fence.
 */
import type { ProviderTask } from '#shared/music';
import type { MediaObject } from '#shared/songs';
import type { Bounds } from './bounds.ts';
import { failure } from './failures.ts';
import type { FailureCode } from './schema.ts';
import { hasEnded, type Work, type WorkSong } from './work.ts';

/** What is to be written, all of it or nothing. */
export interface Change {
  work: Work;
  songs: SongEffect[];
  /** How the reserved credit ends. Once in the life of a request. */
  credit?: 'settle' | 'release';
}

export type SongEffect =
  | { kind: 'create' | 'fail' | 'remove'; songId: string }
  | { kind: 'publish'; songId: string; audio: MediaObject; durationMs: number; title: string | null; lyrics: string | null }
  | { kind: 'cover'; songId: string; cover: MediaObject };

type Patch = Partial<Work>;

function change(work: Work, patch: Patch, now: Date, more: Omit<Change, 'work'> = { songs: [] }): Change {
  return { work: { ...work, ...patch, updatedAt: now.toISOString() }, ...more };
}

export function later(now: Date, ms: number): string {
  return new Date(now.getTime() + ms).toISOString();
}

/** The order is about to leave: written down first, so that a crash from here on never leads to a second one. */
export function intend(work: Work, now: Date, bounds: Bounds): Change {
  return change(work, { state: 'submitting', intentAt: now.toISOString(), dueAt: later(now, bounds.leaseMs) }, now);
}

/** It certainly did not arrive: again after a pause, unless it has waited too long. */
export function backToQueue(work: Work, now: Date, bounds: Bounds, { waitMs = 0, random }: { waitMs?: number; random: number }): Change {
  const { first, factor, most } = bounds.queuedBackoffMs;
  const pauseMs = Math.max(waitMs, Math.min(most, first * factor ** work.tries) * (0.5 + random / 2));
  const lastMs = Date.parse(work.createdAt) + bounds.queuedMs;
  if (now.getTime() + pauseMs > lastMs) return fail(work, 'provider_unavailable', now);
  return change(work, { state: 'queued', intentAt: null, tries: work.tries + 1, dueAt: later(now, pauseMs) }, now);
}

/** The provider has taken it: from now on there are songs. */
export function accept(work: Work, songs: { songId: string; taskId: string }[], now: Date, bounds: Bounds): Change {
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
  return change(work, patch, now, { songs: songs.map(({ songId }) => ({ kind: 'create', songId })) });
}

/** Nobody knows whether the provider has taken it: it is never sent again, and given up in time. */
export function loseTrack(work: Work, now: Date, bounds: Bounds): Change {
  const intendedAt = new Date(work.intentAt ?? now);
  return change(work, { state: 'unknown', dueAt: later(intendedAt, bounds.unknownMs) }, now);
}

/** All of it has failed, and the credit goes back. */
export function fail(work: Work, code: FailureCode, now: Date, said?: string | null): Change {
  const credits = { ...work.credits, released: work.credits.reserved };
  return change(work, { state: 'failed', failure: failure(code, said), credits, dueAt: null }, now, { songs: [], credit: 'release' });
}

/** What the provider says of the songs that it is making. Songs it does not mention stay as they are, until their time is up. */
export function hear(work: Work, tasks: Map<string, ProviderTask>, now: Date, bounds: Bounds): Change {
  const isLate = now.getTime() >= Date.parse(work.submittedAt ?? work.createdAt) + bounds.makingMs;
  const songs = work.songs.map((song): WorkSong => {
    if (song.state === 'ready' || song.state === 'failed' || song.storageDownAt) return song;
    const task = tasks.get(song.taskId);
    if (task?.state === 'final') return { ...song, state: 'finished' };
    if (task?.state === 'failed') return { ...song, state: 'failed', failure: failure('provider_failed', task.failure?.text) };
    return isLate ? { ...song, state: 'failed', failure: failure('provider_timeout') } : song;
  });
  return conclude({ ...work, songs, polls: work.polls + 1 }, work, now, bounds);
}

/** The sound is in our storage. From here on the song can be heard. */
export function publish(
  work: Work,
  { songId, ...stored }: { songId: string; audio: MediaObject; durationMs: number; title: string | null; lyrics: string | null },
  now: Date,
  bounds: Bounds,
): Change {
  const songs = withSong(work, songId, { state: 'ready', storageDownAt: null, coverDueAt: later(now, bounds.coverMs) });
  const concluded = conclude({ ...work, songs }, work, now, bounds);
  return { ...concluded, songs: [...concluded.songs, { kind: 'publish', songId, ...stored }] };
}

/** A download brought no good sound. It is tried again within a short while, `tries` times in all. */
export function countDownload(work: Work, songId: string, { tries, now }: { tries: number; now: Date }, bounds: Bounds): Change {
  const song = work.songs.find((each) => each.songId === songId);
  const firstDownloadAt = song?.firstDownloadAt ?? now.toISOString();
  const downloads = (song?.downloads ?? 0) + 1;
  const isLast = downloads >= tries || now.getTime() >= Date.parse(firstDownloadAt) + bounds.downloads.withinMs;
  const given = isLast ? ({ state: 'failed', failure: failure('provider_bad_audio') } as const) : {};
  return conclude({ ...work, songs: withSong(work, songId, { downloads, firstDownloadAt, ...given }) }, work, now, bounds);
}

/** Our storage cannot take it now. No try is counted; a day of it is the end. */
export function waitForStorage(work: Work, songId: string, now: Date, bounds: Bounds): Change {
  const storageDownAt = work.songs.find((song) => song.songId === songId)?.storageDownAt ?? now.toISOString();
  const isOver = now.getTime() >= Date.parse(storageDownAt) + bounds.storageMs;
  const given = isOver ? ({ state: 'failed', failure: failure('storage_unavailable') } as const) : {};
  return conclude({ ...work, songs: withSong(work, songId, { storageDownAt, ...given }) }, work, now, bounds);
}

/** The cover is in our storage; or there is nothing to wait for any more. */
export function cover(work: Work, songId: string, stored: MediaObject | null, now: Date, bounds: Bounds): Change {
  const concluded = conclude({ ...work, songs: withSong(work, songId, { coverDueAt: null }) }, work, now, bounds);
  return stored ? { ...concluded, songs: [...concluded.songs, { kind: 'cover', songId, cover: stored }] } : concluded;
}

/**
 * The owner does not want it any more. Before the order left, the credit goes back; later, what comes is discarded: its
 * bytes are removed when whoever is at work on it, without knowing, must have ended.
 */
export function cancel(work: Work, now: Date, bounds: Bounds): Change {
  const isFree = work.state === 'queued';
  const { reserved } = work.credits;
  const credits = isFree ? { ...work.credits, released: reserved } : { ...work.credits, settled: reserved };
  const dueAt = work.songs.length === 0 ? null : later(now, 2 * bounds.leaseMs);
  const patch: Patch = { state: 'cancelled', credits, fence: work.fence + 1, dueAt };
  return change(work, patch, now, {
    songs: work.songs.map(({ songId }) => ({ kind: 'remove', songId })),
    credit: isFree ? 'release' : 'settle',
  });
}

/** One of the songs is not wanted; without the last of them, nothing is. */
export function dropSong(work: Work, songId: string, now: Date, bounds: Bounds): Change {
  const songs = work.songs.filter((song) => song.songId !== songId);
  if (songs.length === 0 && !hasEnded(work)) return cancel(work, now, bounds);
  const concluded = conclude({ ...work, songs }, work, now, bounds);
  return { ...concluded, songs: [...concluded.songs, { kind: 'remove', songId }] };
}

/** The same change, but the worker goes on with it: nobody else is to find it for another while. */
export function hold({ work, ...rest }: Change, now: Date, bounds: Bounds): Change {
  return { work: { ...work, dueAt: later(now, bounds.leaseMs) }, ...rest };
}

/** Puts it back, to be found when its next step is due. */
export function putBack(work: Work, now: Date, bounds: Bounds): Change {
  return { work: { ...work, dueAt: nextDue(work, now, bounds) }, songs: [] };
}

/** There is nothing left to do for it. */
export function rest(work: Work): Change {
  return { work: { ...work, dueAt: null }, songs: [] };
}

/** What the states of the songs mean for the whole: one that is ready makes it `ready`, and only when all have failed has it `failed`. */
function conclude(next: Work, before: Work, now: Date, bounds: Bounds): Change {
  const failed = next.songs.filter((song) => song.state === 'failed' && stateOf(before, song.songId) !== 'failed');
  const songs: SongEffect[] = failed.map(({ songId }) => ({ kind: 'fail', songId }));
  const dueAt = nextDue(next, now, bounds);
  if (hasEnded(before)) return { work: { ...next, dueAt }, songs };
  if (next.songs.some((song) => song.state === 'ready')) {
    const credits = { ...next.credits, settled: next.credits.reserved };
    return change(next, { state: 'ready', credits, dueAt }, now, { songs, credit: 'settle' });
  }
  const [first] = next.songs;
  if (first && next.songs.every((song) => song.state === 'failed')) {
    const credits = { ...next.credits, released: next.credits.reserved };
    return change(next, { state: 'failed', failure: first.failure, credits, dueAt }, now, { songs, credit: 'release' });
  }
  const state = next.songs.some((song) => song.state === 'making') ? 'submitted' : 'archiving';
  return state === before.state ? { work: { ...next, dueAt }, songs } : change(next, { state, dueAt }, now, { songs });
}

function nextDue(work: Work, now: Date, bounds: Bounds): string | null {
  const { first, factor, most } = bounds.pollMs;
  const pollMs = Math.min(most, first * factor ** work.polls);
  const waitMs = work.songs.flatMap((song) => {
    if (song.state === 'making') return [pollMs];
    if (song.state === 'finished')
      return [song.storageDownAt ? bounds.storageBackoffMs : bounds.downloads.withinMs / bounds.downloads.tries];
    return song.coverDueAt ? [Math.min(most, Math.max(0, Date.parse(song.coverDueAt) - now.getTime()))] : [];
  });
  return waitMs.length === 0 ? null : later(now, Math.min(...waitMs));
}

function withSong(work: Work, songId: string, patch: Partial<WorkSong>): WorkSong[] {
  return work.songs.map((song) => (song.songId === songId ? { ...song, ...patch } : song));
}

function stateOf(work: Work, songId: string): WorkSong['state'] | undefined {
  return work.songs.find((song) => song.songId === songId)?.state;
}
