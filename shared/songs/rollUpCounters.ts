import type { DocumentSnapshot, Query, QueryDocumentSnapshot } from '@google-cloud/firestore';
import { ZodError } from 'zod';
import { Allowance, Cache, database, inParallel, isConflict, log, nudgeJob, type World } from '#shared/runtime';
import { COUNTERS, carryOver, countedSongId, findWaiting, WAITING_READS, type Waiting, writesOf } from './counters.ts';
import { LIKES } from './likeSong.ts';

export const COUNTER_BOUNDS = {
  /** No song is begun with after so long. */
  passMs: 20_000,
  /** Documents of one run; the next goes on with what is left. */
  reads: 450,
  writes: 178,
  /** Of these, counters that are looked for: shards of at most as many songs. */
  page: 50,
  /** Counters that are looked for beyond them where songs are passed by. */
  passedBy: 100,
  atOnce: 8,
  /** Likes of a song that has gone which are removed in one step. */
  likesPerStep: 20,
};
export type CounterBounds = typeof COUNTER_BOUNDS;

interface Pass {
  world: Pick<World, 'clock' | 'newId'>;
  signal: AbortSignal;
  bounds?: CounterBounds;
}

export interface CounterReport {
  songs: number;
  /** Steps that failed; they are tried again by the next run. */
  failed: number;
  /** Everything that waited has been looked at. */
  isDone: boolean;
  /** Another run was asked for. Only by one that moved something: where nothing can be, each would only call the next. */
  isNudged: boolean;
}

interface Run extends Required<Pass> {
  allowance: Allowance;
  /** What has been carried over or removed by it. */
  moved: number;
  isOver(): boolean;
}

/** Songs that somebody has spoiled by hand, so that nothing can be carried over into them: for a while they take nobody's turn. */
const spoiled = new Cache<object>({ maxEntries: 2_000, maxAgeMs: 10 * 60_000 });

/**
 * Carries over likes and plays that wait, and removes what is left of songs that have gone: their likes in steps, the counters last. Runs
 * may overlap, or die anywhere. With nothing to do it costs two queries.
 */
export async function rollUpCounters({ world, signal, bounds = COUNTER_BOUNDS }: Pass): Promise<CounterReport> {
  const endsAtMs = world.clock.monotonicMs() + bounds.passMs;
  const isOver = () => signal.aborted || world.clock.monotonicMs() >= endsAtMs;
  const run: Run = { world, signal, bounds, isOver, allowance: new Allowance(bounds), moved: 0 };
  const { songIds, isAll } = await listDirty(run);
  const report: CounterReport = { songs: 0, failed: 0, isDone: isAll, isNudged: false };
  await inParallel(songIds, bounds.atOnce, async (songId) => {
    try {
      if (await settle(songId, run)) report.songs += 1;
      else report.isDone = false;
    } catch (error) {
      report.failed += 1;
      tellFailed(songId, error, run);
    }
  });
  report.isNudged = !report.isDone && run.moved > 0 && !signal.aborted;
  if (report.isNudged) await nudgeJob('watchService', world.clock);
  return report;
}

function tellFailed(songId: string, error: unknown, { world: { clock } }: Run): void {
  if (error instanceof ZodError) {
    spoiled.remember(songId, {}, spoiled.begin(clock));
    log.error('song_spoiled', { songId, error });
  } else {
    log.warn('counters_not_rolled_up', { songId, error });
  }
}

/** From anywhere on, and then from the beginning: where there is more than a run may do, none waits behind others for ever. */
async function listDirty(run: Run): Promise<{ songIds: Set<string>; isAll: boolean }> {
  const db = await database();
  const dirty = db.collection(COUNTERS).where('isDirty', '==', true).orderBy('__name__');
  const anywhere = run.world.newId('sng');
  const found: QueryDocumentSnapshot[] = [];
  const listing = { left: run.bounds.page + run.bounds.passedBy, found };
  const isAll = (await listPart(dirty.startAt(anywhere), listing, run)) && (await listPart(dirty.endBefore(anywhere), listing, run));
  return { songIds: new Set(found.map(({ id }) => countedSongId(id))), isAll };
}

/** @returns false when there is more than may be looked at */
async function listPart(part: Query, listing: { left: number; found: QueryDocumentSnapshot[] }, run: Run): Promise<boolean> {
  const { bounds, allowance, world } = run;
  for (let rest = part; ; ) {
    const size = Math.min(bounds.page - listing.found.length, listing.left);
    if (size <= 0) return false;
    const { docs } = await rest.limit(size).get();
    allowance.spend({ reads: Math.max(1, docs.length) });
    listing.left -= docs.length;
    listing.found.push(...docs.filter(({ id }) => !spoiled.peek(countedSongId(id), world.clock)));
    if (docs.length < size) return true;
    rest = part.startAfter(docs.at(-1));
  }
}

/** @returns false when it was left for another run */
async function settle(songId: string, run: Run): Promise<boolean> {
  const { world, allowance, isOver } = run;
  if (isOver() || !allowance.take({ reads: WAITING_READS })) return false;
  const waiting = await findWaiting(songId);
  if (!waiting.counted) return removeAll(songId, waiting, run);
  if (!allowance.take({ writes: writesOf(waiting) })) return false;
  await carryOver(waiting, new Date(world.clock.now()));
  run.moved += 1;
  return true;
}

/** A like that comes meanwhile changes a counter, which then stays for the next run. */
async function removeAll(songId: string, { book, shards }: Waiting, run: Run): Promise<boolean> {
  const counters = [book, ...shards].filter(({ exists }) => exists);
  if (!(await removeLikes(songId, run)) || !run.allowance.take({ writes: counters.length })) return false;
  await Promise.all(counters.map(removeUnchanged));
  run.moved += 1;
  return true;
}

/** @returns false when some are left */
async function removeLikes(songId: string, run: Run): Promise<boolean> {
  const { bounds, allowance, isOver } = run;
  const { likesPerStep } = bounds;
  const db = await database();
  const likes = db.collection(LIKES).where('songId', '==', songId).limit(likesPerStep);
  while (!isOver() && allowance.take({ reads: likesPerStep, writes: likesPerStep })) {
    const batch = db.batch();
    const { docs } = await likes.get();
    for (const { ref } of docs) batch.delete(ref);
    await batch.commit();
    run.moved += docs.length;
    const unspent = likesPerStep - docs.length;
    allowance.spend({ reads: -Math.min(unspent, likesPerStep - 1), writes: -unspent });
    if (unspent > 0) return true;
  }
  return false;
}

async function removeUnchanged({ ref, updateTime }: DocumentSnapshot): Promise<void> {
  await ref.delete({ lastUpdateTime: updateTime! }).catch((error: unknown) => {
    if (!isConflict(error)) throw error;
  });
}
