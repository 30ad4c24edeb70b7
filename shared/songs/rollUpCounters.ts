import type { Query, QueryDocumentSnapshot } from '@google-cloud/firestore';
import { database, inParallel, isConflict, log, type World } from '#shared/runtime';
import { COUNTERS, rollUp } from './counters.ts';
import { LIKES } from './likeSong.ts';

export interface CounterBounds {
  /** No song is begun with after so long. */
  passMs: number;
  pageSize: number;
  atOnce: number;
  /** Likes of a song that has gone which are removed in one step. */
  likesPerStep: number;
}

export const COUNTER_BOUNDS: CounterBounds = { passMs: 20_000, pageSize: 100, atOnce: 8, likesPerStep: 200 };

interface Pass {
  world: Pick<World, 'clock'>;
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

/**
 * Carries over all likes and plays that wait, and removes what is left of songs that have gone: their likes in steps, the counters
 * last. Runs may overlap, or die anywhere. With nothing to do it costs one query.
 */
export async function rollUpCounters({ world, signal, bounds = COUNTER_BOUNDS }: Pass): Promise<CounterReport> {
  const endsAtMs = world.clock.monotonicMs() + bounds.passMs;
  const isOver = () => signal.aborted || world.clock.monotonicMs() >= endsAtMs;
  const report: CounterReport = { songs: 0, failed: 0, isDone: false };
  const db = await database();
  const dirty = db.collection(COUNTERS).where('isDirty', '==', true).orderBy('__name__').limit(bounds.pageSize);
  for await (const page of pagesOf(dirty, bounds.pageSize)) {
    await inParallel(page, bounds.atOnce, async (counters) => {
      if (isOver()) return;
      report.songs += 1;
      try {
        await settle(counters, new Date(world.clock.now()), { bounds, isOver });
      } catch (error) {
        report.failed += 1;
        log.warn('counters_not_rolled_up', { songId: counters.id, error });
      }
    });
    if (isOver()) return report;
  }
  return { ...report, isDone: true };
}

async function* pagesOf(query: Query, pageSize: number): AsyncGenerator<QueryDocumentSnapshot[]> {
  let page = (await query.get()).docs;
  while (page.length > 0) {
    yield page;
    page = page.length < pageSize ? [] : (await query.startAfter(page.at(-1)!.id).get()).docs;
  }
}

type Bounded = { bounds: CounterBounds; isOver(): boolean };

async function settle(counters: QueryDocumentSnapshot, now: Date, bounded: Bounded): Promise<void> {
  if ((await rollUp(counters.id, now, { mayWait: false })) === undefined) await removeLikes(counters, bounded);
}

/** A like that comes meanwhile changes the counters, which then stay for the next run. */
async function removeLikes(counters: QueryDocumentSnapshot, { bounds, isOver }: Bounded): Promise<void> {
  const db = await database();
  const likes = db.collection(LIKES).where('songId', '==', counters.id).limit(bounds.likesPerStep);
  for (let left = bounds.likesPerStep; left === bounds.likesPerStep; ) {
    if (isOver()) return;
    const batch = db.batch();
    const { docs } = await likes.get();
    for (const { ref } of docs) batch.delete(ref);
    await batch.commit();
    left = docs.length;
  }
  await counters.ref.delete({ lastUpdateTime: counters.updateTime }).catch((error: unknown) => {
    if (!isConflict(error)) throw error;
  });
}
