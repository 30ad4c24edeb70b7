/** When a request is to be looked at next. */
import { type Bounds, later } from './bounds.ts';
import { hasEnded, type Work } from './work.ts';

/** The earliest of what its songs wait for; null when there is nothing to wait for. */
export function nextDue(work: Work, now: Date, bounds: Bounds): string | null {
  if (work.songs.length === 0 && !hasEnded(work)) return work.dueAt; // not yet a matter of songs
  const { first, factor, most } = bounds.pollMs;
  const pollMs = Math.min(most, first * factor ** work.polls);
  const waitMs = work.songs.flatMap((song) => {
    if (song.state === 'making') return [Math.max(0, Math.min(pollMs, makingEndsMs(work, bounds) - now.getTime()))];
    if (song.state === 'finished')
      return [song.storageDownAt ? bounds.storageBackoffMs : bounds.downloads.withinMs / bounds.downloads.tries];
    if (song.coverDueAt === null) return [];
    const coverMs = Date.parse(song.coverDueAt) - now.getTime();
    return [coverMs > 0 ? Math.min(most, coverMs) : bounds.storageBackoffMs]; // late already: it could not be stored
  });
  return waitMs.length === 0 ? null : later(now, Math.min(...waitMs));
}

/** The provider wants to be left alone: later than usual, but at none of the ends too late. */
export function dueAfter(work: Work, untilMs: number, bounds: Bounds): string | null {
  const { dueAt, songs } = work;
  if (dueAt === null) return null;
  const endsMs = songs.flatMap(({ state, storageDownAt, coverDueAt }) => {
    if (state === 'making' || (state === 'finished' && storageDownAt === null)) return [makingEndsMs(work, bounds)];
    return coverDueAt === null ? [] : [Date.parse(coverDueAt)];
  });
  return new Date(Math.max(Date.parse(dueAt), Math.min(untilMs, ...endsMs))).toISOString();
}

/** The end of the provider's time. */
export function makingEndsMs({ submittedAt, createdAt }: Work, { makingMs }: Bounds): number {
  return Date.parse(submittedAt ?? createdAt) + makingMs;
}
