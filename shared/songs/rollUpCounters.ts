import type { DocumentSnapshot, QueryDocumentSnapshot } from '@google-cloud/firestore';
import { Allowance, database, inParallel, isConflict, log, nudgeJob, type World } from '#shared/runtime';
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
}

interface Run extends Required<Pass> {
  allowance: Allowance;
  isOver(): boolean;
}

/**
 * Carries over likes and plays that wait, and removes what is left of songs that have gone: their likes in steps, the counters last. Runs
 * may overlap, or die anywhere. With nothing to do it costs two queries.
 */
export async function rollUpCounters({ world, signal, bounds = COUNTER_BOUNDS }: Pass): Promise<CounterReport> {
  const endsAtMs = world.clock.monotonicMs() + bounds.passMs;
  const isOver = () => signal.aborted || world.clock.monotonicMs() >= endsAtMs;
  const run: Run = { world, signal, bounds, isOver, allowance: new Allowance(bounds) };
  const dirty = await listDirty(run);
  const report: CounterReport = { songs: 0, failed: 0, isDone: dirty.length < bounds.page };
  await inParallel(new Set(dirty.map(({ id }) => countedSongId(id))), bounds.atOnce, async (songId) => {
    try {
      if (await settle(songId, run)) report.songs += 1;
      else report.isDone = false;
    } catch (error) {
      report.failed += 1;
      log.warn('counters_not_rolled_up', { songId, error });
    }
  });
  if (!report.isDone && !signal.aborted) await nudgeJob('watchService', world.clock);
  return report;
}

/** From anywhere on, and then from the beginning: where there is more than a run may do, none waits behind others for ever. */
async function listDirty({ world, bounds, allowance }: Run): Promise<QueryDocumentSnapshot[]> {
  const db = await database();
  const dirty = db.collection(COUNTERS).where('isDirty', '==', true).orderBy('__name__');
  const anywhere = world.newId('sng');
  const { docs } = await dirty.startAt(anywhere).limit(bounds.page).get();
  allowance.spend({ reads: Math.max(1, docs.length) });
  if (docs.length === bounds.page) return docs;
  const { docs: first } = await dirty
    .endBefore(anywhere)
    .limit(bounds.page - docs.length)
    .get();
  allowance.spend({ reads: Math.max(1, first.length) });
  return [...docs, ...first];
}

/** @returns false when it was left for another run */
async function settle(songId: string, run: Run): Promise<boolean> {
  const { world, allowance, isOver } = run;
  if (isOver() || !allowance.take({ reads: WAITING_READS })) return false;
  const waiting = await findWaiting(songId);
  if (!waiting.counted) return removeAll(songId, waiting, run);
  if (!allowance.take({ writes: writesOf(waiting) })) return false;
  await carryOver(waiting, new Date(world.clock.now()));
  return true;
}

/** A like that comes meanwhile changes a counter, which then stays for the next run. */
async function removeAll(songId: string, { book, shards }: Waiting, run: Run): Promise<boolean> {
  const counters = [book, ...shards].filter(({ exists }) => exists);
  if (!(await removeLikes(songId, run)) || !run.allowance.take({ writes: counters.length })) return false;
  await Promise.all(counters.map(removeUnchanged));
  return true;
}

/** @returns false when some are left */
async function removeLikes(songId: string, { bounds: { likesPerStep }, allowance, isOver }: Run): Promise<boolean> {
  const db = await database();
  const likes = db.collection(LIKES).where('songId', '==', songId).limit(likesPerStep);
  while (!isOver() && allowance.take({ reads: likesPerStep, writes: likesPerStep })) {
    const batch = db.batch();
    const { docs } = await likes.get();
    for (const { ref } of docs) batch.delete(ref);
    await batch.commit();
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
