/**
 * Looks through all stores and all records of files, and sets right what crashes, outages and hands have left: bytes that nobody will
 * ever ask for go, copies that are gone are made again. What a document names is never removed, nor what is younger than a day.
 */
import { FILES } from '#shared/files';
import { mediaStores } from '#shared/media';
import { log, nudgeJob, type World } from '#shared/runtime';
import { NOTHING_SWEPT, SWEEP_BOUNDS, type Sweep, type SweepBounds, type SweepCounts } from './sweep.ts';
import { sweepFiles } from './sweepFiles.ts';
import { sweepMedia } from './sweepMedia.ts';
import { sweepObjects } from './sweepObjects.ts';
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
  /** Yields how far it has come, whenever it may be left there. */
  run(sweep: Sweep, after: string | undefined): AsyncGenerator<string>;
}

/** Any number of runs may overlap or die: all but one leave at once, and what is done twice is done once. */
export async function sweepStorage({ world, signal, bounds = SWEEP_BOUNDS, isDryRun = false }: SweepOptions): Promise<SweepReport> {
  const endsAtMs = world.clock.monotonicMs() + bounds.passMs;
  const isOver = () => signal.aborted || world.clock.monotonicMs() >= endsAtMs;
  const sweep: Sweep = { world, bounds, isDryRun, counts: { ...NOTHING_SWEPT }, storesDown: new Set() };
  const turn = isDryRun ? undefined : await takeSweep(world, bounds);
  const isDone = (isDryRun || turn !== undefined) && (await goThrough(sweep, turn, isOver));
  if (!isDone && isOver() && turn && !signal.aborted) await nudgeJob('sweepStorage', world.clock);
  log.info('storage_swept', { isDone, isDryRun, ...sweep.counts });
  return { isDone, ...sweep.counts };
}

/** @returns false when the time was up, or another run has taken over */
async function goThrough(sweep: Sweep, turn: SweepTurn | undefined, isOver: () => boolean): Promise<boolean> {
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
    for await (const after of part.run(sweep, part.name === from?.part ? from.after : undefined)) yield { part: part.name, after };
  }
}

function allParts(): Part[] {
  return [
    ...mediaStores().map((store) => ({
      name: `objects:${store.id}`,
      run: (sweep: Sweep, after: string | undefined) => sweepObjects(sweep, store, after),
    })),
    { name: FILES, run: sweepFiles },
    { name: 'songMedia', run: (sweep, after) => sweepMedia(sweep, 'songMedia', after) },
    { name: 'imageMedia', run: (sweep, after) => sweepMedia(sweep, 'imageMedia', after) },
    { name: 'uploads', run: sweepUploads },
  ];
}
