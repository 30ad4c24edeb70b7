/** A whole life of a request for each point at which its worker can be struck. */
import fc from 'fast-check';
import { BOUNDS } from '#shared/generation';
import { isLong, seed } from '../support/runs.ts';
import type { Hit, Plan } from './crashPoint.ts';
import { findViolations, listWrites, sweep } from './invariants.ts';
import type { Lane } from './lane.ts';
import { beginLife, type Life, liveOn } from './life.ts';
import type { NumberedWorker, Run } from './numberedWorker.ts';

/** One hit of a point, by its number. */
export interface Cell extends Hit {
  hit: number;
  /** Of the event loop. Between cells of one turn nothing has left the process. */
  turn: number;
}

export interface Outcome {
  /** The worker came to the point: a promise that is answered at once is never seen pending. */
  isReached: boolean;
  violations: string[];
}

/** Lets a worker live through a whole request undisturbed. @returns everything it came by, in order */
export async function recordCells(lane: Lane): Promise<Cell[]> {
  const life = await beginLife(lane);
  const worker = lane.worker();
  await liveWith(lane, life, worker, { action: 'record' });
  await worker.kill();
  await sweep(lane);
  const counts = new Map<string, number>();
  return worker.hits.map(({ point, kind, turn }) => {
    const hit = (counts.get(`${point} ${kind}`) ?? 0) + 1;
    counts.set(`${point} ${kind}`, hit);
    return { point, kind, hit, turn };
  });
}

/**
 * What of it is tried: in a long run everything, else `count` cells that the seed decides about. They are first hits, and at least one
 * of each turn of the event loop: to die at another point of the same turn is the same death.
 */
export function chooseCells(cells: Cell[], count: number): Cell[] {
  if (isLong) return cells;
  const firsts = cells.filter(({ hit }) => hit === 1);
  const [order] = fc.sample(fc.shuffledSubarray(firsts, { minLength: firsts.length }), { seed, numRuns: 1 }) as [Cell[]];
  const ofTurns = [...new Map(order.map((cell) => [cell.turn, cell])).values()];
  return [...ofTurns, ...order.filter((cell) => !ofTurns.includes(cell))].slice(0, count);
}

/** After so many faults the rest is not tried, unless everything is to be. */
const ENOUGH = 5;

/** Tries each. @returns what was found wrong, with the point's name, and how many of the points the workers came to */
export async function tryCells(cells: Cell[], tryOne: (cell: Cell, index: number) => Promise<Outcome>) {
  const violations: string[] = [];
  let reachedCount = 0;
  for (const [index, cell] of cells.entries()) {
    if (violations.length >= ENOUGH && !isLong) break;
    const outcome = await tryOne(cell, index);
    if (outcome.isReached) reachedCount += 1;
    violations.push(...outcome.violations.map((violation) => `${cell.kind} ${cell.point} (hit ${cell.hit}): ${violation}`));
  }
  return { violations, reachedCount };
}

/** The worker dies there; another one goes on. */
export async function tryKill(lane: Lane, cell: Cell): Promise<Outcome> {
  return await tryCell(lane, planOf('kill', cell), () => Promise.resolve([]));
}

/**
 * The worker stands still there while its lease runs out, and goes on without knowing. When another has done everything meanwhile,
 * nothing is written any more.
 *
 * @param runs - how often another worker has run by then, unless everything is done sooner
 */
export async function tryZombie(lane: Lane, cell: Cell, runs: number): Promise<Outcome> {
  return await tryCell(lane, planOf('stop', cell), async (worker, life) => {
    const { clock, runWorker } = lane.studio;
    let left = runs;
    clock.advance(BOUNDS.leaseMs + 1_000);
    await worker.releaseLocks();
    const isDone = await liveOn(lane, [life], async () => {
      left -= 1;
      return left >= 0 && (await runWorker()) >= 0;
    });
    const before = await listWrites();
    await worker.goOn();
    const after = await listWrites();
    return isDone ? after.filter((line) => !before.includes(line)).map((line) => `written after all was done: ${line}`) : [];
  });
}

function planOf(action: Plan['action'], { point, kind, hit }: Cell): Plan {
  return { action, point, kind, hit };
}

async function tryCell(lane: Lane, plan: Plan, then: (worker: NumberedWorker, life: Life) => Promise<string[]>): Promise<Outcome> {
  const { studio } = lane;
  const accepted = studio.sandbox.accepted();
  const life = await beginLife(lane);
  const worker = lane.worker();
  const run = await liveWith(lane, life, worker, plan);
  const faults = run.how === 'done' ? [] : await then(worker, life);
  await worker.kill();
  const isOver = await liveOn(lane, [life], async () => (await studio.runWorker()) >= 0);
  if (!isOver) faults.push('there is always something due');
  faults.push(...(await findViolations(lane, [life], accepted)));
  await sweep(lane);
  return { isReached: run.how !== 'done', violations: faults };
}

/** @returns how the worker's last run ended */
async function liveWith(lane: Lane, life: Life, worker: NumberedWorker, plan: Plan): Promise<Run> {
  let run = await worker.run(plan);
  if (run.how !== 'done') return run;
  await liveOn(lane, [life], async () => {
    run = await worker.run();
    return run.how === 'done';
  });
  return run;
}
