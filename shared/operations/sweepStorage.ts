/**
 * Looks through all stores and all records of files, and sets right what crashes, outages and hands have left: bytes that nobody will
 * ever ask for go, copies that are gone are made again. What a document names is never removed, nor what is younger than a day.
 */
import { FILES, StoresInUse } from '#shared/files';
import { mediaStores } from '#shared/media';
import { log, nudgeJob, type World } from '#shared/runtime';
import { ownStores } from './ownStores.ts';
import { PAGE } from './pagesOf.ts';
import { NO_ORPHANS, NOTHING_SWEPT, SWEEP_BOUNDS, type Sweep, type SweepBounds, type SweepCounts } from './sweep.ts';
import { sweepFiles } from './sweepFiles.ts';
import { sweepMedia } from './sweepMedia.ts';
import { sweepObjects } from './sweepObjects.ts';
import { sweepSearch } from './sweepSearch.ts';
import { sweepUploads } from './sweepUploads.ts';
import { type SweepPosition, type SweepTurn, takeSweep } from './takeSweep.ts';

export interface SweepReport extends SweepCounts {
  /** Everything has been looked at; else the next run goes on, or another is at it right now. */
  isDone: boolean;
}

export interface SweepOptions {
  world: World;
  signal: AbortSignal;
  bounds?: SweepBounds;
  /** Changes nothing, begins at the beginning, and counts what would be done. */
  isDryRun?: boolean;
}

interface Part {
  name: string;
  /** Documents that are looked through before it yields, at most. */
  pageReads: number;
  /** Yields how far it has come, whenever it may be left there. */
  run(sweep: Sweep, after: string | undefined): AsyncGenerator<string>;
}

/** Any number of runs may overlap or die: all but one leave at once, and what is done twice is done once. */
export async function sweepStorage({ world, signal, bounds = SWEEP_BOUNDS, isDryRun = false }: SweepOptions): Promise<SweepReport> {
  const endsAtMs = world.clock.monotonicMs() + bounds.passMs;
  const sweep: Sweep = {
    ...{ world, bounds, isDryRun, counts: { ...NOTHING_SWEPT }, stores: new StoresInUse() },
    ...{ spent: { reads: 0, writes: 0 }, ownStores: new Set(), orphans: NO_ORPHANS },
  };
  const isOver = () => signal.aborted || world.clock.monotonicMs() >= endsAtMs || hasSpentAll(sweep);
  const turn = isDryRun ? undefined : await takeSweep(world, bounds);
  const isDone = (isDryRun || turn !== undefined) && (await goThrough(sweep, turn, isOver));
  if (!isDone && isOver() && turn && !signal.aborted) await nudgeJob('sweepStorage', world.clock);
  log.info('storage_swept', { isDone, isDryRun, ...sweep.counts });
  return { isDone, ...sweep.counts };
}

function hasSpentAll({ spent: { reads, writes }, bounds, counts }: Sweep): boolean {
  return reads >= bounds.reads || writes + counts.uploadRecordsRemoved >= bounds.writes;
}

/** @returns false when it has reached a bound, or another run has taken over */
async function goThrough(sweep: Sweep, turn: SweepTurn | undefined, isOver: () => boolean): Promise<boolean> {
  sweep.ownStores = await ownStores(sweep);
  for await (const position of positions(sweep, turn?.position)) {
    if (isOver()) {
      await turn?.stop(position);
      return false;
    }
    if (turn && !(await turn.keep(position))) return false;
  }
  await turn?.end();
  return true;
}

/** All parts, one after the other. One that is no longer there, because a store is not, means from the beginning. */
async function* positions(sweep: Sweep, from: SweepPosition | undefined): AsyncGenerator<SweepPosition> {
  const parts = allParts();
  const first = Math.max(
    0,
    parts.findIndex(({ name }) => name === from?.part),
  );
  for (const part of parts.slice(first)) {
    const start = part.name === from?.part ? from : undefined;
    sweep.orphans = start?.orphans ?? NO_ORPHANS;
    for await (const after of part.run(sweep, start?.after)) {
      sweep.spent.reads += part.pageReads;
      yield { part: part.name, after, orphans: sweep.orphans };
    }
  }
}

function allParts(): Part[] {
  return [
    ...mediaStores().map((store) => ({
      name: `objects:${store.id}`,
      pageReads: 0,
      run: (sweep: Sweep, after: string | undefined) => sweepObjects(sweep, store, after),
    })),
    { name: FILES, pageReads: PAGE, run: sweepFiles },
    { name: 'songMedia', pageReads: PAGE, run: (sweep, after) => sweepMedia(sweep, 'songMedia', after) },
    { name: 'imageMedia', pageReads: PAGE, run: (sweep, after) => sweepMedia(sweep, 'imageMedia', after) },
    { name: 'uploads', pageReads: PAGE, run: sweepUploads },
    { name: 'songs', pageReads: PAGE, run: sweepSearch },
  ];
}
