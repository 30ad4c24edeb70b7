import { chanceFrom } from './chance.ts';
import { durationMs } from './studio.ts';
import type { Song } from './submissions.ts';

/** How fast songs are made. */
export interface Pace {
  /** A song is final this long after the submit at the earliest and at the latest; each has its own moment between. */
  finalFromMs: number;
  finalToMs: number;
  /** Polls that show the finished audio without its cover. */
  coverPolls: number;
  /** How long after the end the preview link still leads to the file; then it is 403. */
  previewLifeMs: number;
}

export const LOCAL_PACE: Pace = { finalFromMs: 6_000, finalToMs: 10_000, coverPolls: 2, previewLifeMs: 60_000 };

/** In this order. `halfFinal` is the moment with status 0 and no duration yet; `failed` is an end as well. */
export type Phase = 'queued' | 'working' | 'preview' | 'halfFinal' | 'final' | 'failed';

/** Shares of the time to the end at which the phases begin (I: only their order is known). */
const STARTS = { working: 0.1, preview: 0.45, halfFinal: 0.9 };

export function phaseOf(song: Song, now: number, pace: Pace): Phase {
  const share = (now - song.submission.acceptedAt) / lifeMs(song, pace);
  const failsFrom = song.fails?.afterPreview ? STARTS.halfFinal : STARTS.working;
  if (song.fails && share >= failsFrom) return 'failed';
  if (share < STARTS.working) return 'queued';
  if (share < STARTS.preview || carries(song, 'neverFinishes')) return 'working';
  if (share < STARTS.halfFinal) return 'preview';
  return share < 1 || carries(song, 'halfFinal') ? 'halfFinal' : 'final';
}

/** True while the preview link still works: from the preview until some time after the end. */
export function previewLives(song: Song, now: number, pace: Pace): boolean {
  return now < song.submission.acceptedAt + lifeMs(song, pace) + pace.previewLifeMs;
}

function lifeMs(song: Song, pace: Pace): number {
  const spread = chanceFrom('life', song.id).next();
  return Math.max(1, pace.finalFromMs + spread * (pace.finalToMs - pace.finalFromMs));
}

function carries(song: Song, name: 'neverFinishes' | 'halfFinal'): boolean {
  return song.submission.faults.some((fault) => fault.name === name);
}

/** @param finishedPolls - polls that have shown the finished song before this one */
export function hasCover(song: Song, phase: Phase, finishedPolls: number, pace: Pace): boolean {
  const { faults } = song.submission;
  const late = faults.find(({ name }) => name === 'coverLate');
  const wanted = late ? (late.polls ?? 20) : pace.coverPolls;
  return phase === 'final' && finishedPolls >= wanted && !faults.some(({ name }) => name === 'coverNever');
}

/** Names documented (D), the values of each phase from client code (C). */
export interface TaskItem {
  id: unknown;
  title: string;
  style: string;
  duration: unknown;
  status: unknown;
  song_id: unknown;
  audio_url: string;
  cover_url: string;
  lyric: string;
  fail_code: unknown;
  fail_reason: string | null;
}

/** @param withCover - the cover is ready to be shown, too */
export function taskItem(song: Song, phase: Phase, withCover: boolean, url: string): TaskItem {
  const isKnown = phase === 'preview' || phase === 'halfFinal' || phase === 'final';
  const item = {
    id: song.id,
    title: isKnown ? song.title : '',
    style: song.submission.body.style ?? '',
    duration: phase === 'final' ? durationMs(song.sound) : -1,
    status: statusOf(song, phase),
    song_id: isKnown ? song.songId : '',
    audio_url: audioUrlOf(song, phase, url),
    cover_url: withCover ? `${url}/covers/${song.id}.jpg` : '',
    lyric: isKnown ? song.lyric : '',
    fail_code: null,
    fail_reason: null,
  };
  if (phase !== 'failed') return item;
  const { code = 7, text = 'generation failed' } = song.fails ?? {};
  return { ...item, fail_code: code, fail_reason: text };
}

function statusOf(song: Song, phase: Phase): number {
  if (phase === 'failed') return song.fails?.status ?? 3;
  if (phase === 'queued') return 1;
  return phase === 'working' || phase === 'preview' ? 2 : 0;
}

function audioUrlOf(song: Song, phase: Phase, url: string): string {
  if (phase === 'preview' || phase === 'halfFinal') return `${url}/stream/${song.id}.mp3`;
  return phase === 'final' ? `${url}/files/${song.id}.mp3` : '';
}
