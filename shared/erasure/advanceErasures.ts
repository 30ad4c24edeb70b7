/**
 * Erases deleted accounts, step by step (G15). Any number of runs may overlap, and each may die at any point: a step begins with what
 * the database says, and the record tells whose turn it is.
 *
 *     erasing → proving → done          proving → erasing: something was found after all
 *
 * What was under way when the account was closed is waited for before the last things go, and looked for again afterwards.
 */
import type { QueryDocumentSnapshot } from '@google-cloud/firestore';
import { ownerHashOf } from '#shared/limits';
import { MediaFault } from '#shared/media';
import { Allowance, database, log, nudgeJob, type World } from '#shared/runtime';
import { costOfPage, MOST_OF_A_PAGE, TURN_COST } from './costs.ts';
import { findTraces } from './findTraces.ts';
import { ERASURES, erasureRef } from './record.ts';
import { KNOW_OF_BYTES, STEPS, type Step } from './steps.ts';
import { type Turn, TurnLost, takeTurn } from './takeTurn.ts';

export const ERASURE_BOUNDS = {
  /** One run; the next goes on where it stopped. */
  passMs: 45_000,
  /** Documents of one run, which begins no page that could take more than is left. */
  reads: 1_200,
  writes: 612,
  proofPage: 250,
  /** After it another run may take over. */
  leaseMs: 120_000,
  /** Addresses to upload to live for 20 minutes, functions for nine: by then whoever began before the deletion has ended. */
  underWayMs: 25 * 60_000,
  /** When something is waited for, such as bytes that the worker or the journal removes. */
  againMs: 60_000,
  /** When the proof has found something. */
  foundMs: 5 * 60_000,
  atOnce: 10,
};
/** Looked at to see whose turn it is. */
const MOST_DUE = 50;
/** By then it is more than a moment's fault, and an operator has to look. */
const TOLD_AFTER_PASSES = 5;

type ErasureBounds = typeof ERASURE_BOUNDS;

export interface ErasureRun {
  world: World;
  signal: AbortSignal;
  bounds?: ErasureBounds;
  steps?: Step[];
}

interface Run extends Required<ErasureRun> {
  allowance: Allowance;
  /** Asked before each page. */
  mayGoOn(): boolean;
}

/** @returns how many erasures have been moved on */
export async function advanceErasures({ bounds = ERASURE_BOUNDS, steps = STEPS, ...given }: ErasureRun): Promise<number> {
  const { world, signal } = given;
  const endsAtMs = world.clock.monotonicMs() + bounds.passMs;
  const allowance = new Allowance(bounds);
  const most = { reads: Math.max(MOST_OF_A_PAGE.reads, bounds.proofPage + TURN_COST.reads), writes: MOST_OF_A_PAGE.writes };
  const run: Run = {
    ...{ ...given, bounds, steps, allowance },
    mayGoOn: () => allowance.has(most) && !signal.aborted && world.clock.monotonicMs() < endsAtMs,
  };
  const due = await listDue(run);
  let moved = await moveAll(
    due.filter((found) => !isProving(found)),
    run,
  );
  // Asked again, for some may just have come to it. A proof takes all the time there is: it waits until everybody else had his.
  if (due.length > 0) moved += await moveAll((await listDue(run)).filter(isProving), run);
  if (!allowance.has(most)) await nudgeJob('watchService', world.clock);
  return moved;
}

async function listDue({ world, allowance }: Run): Promise<QueryDocumentSnapshot[]> {
  const db = await database();
  const due = db.collection(ERASURES).where('dueAt', '<=', new Date(world.clock.now())).orderBy('dueAt').limit(MOST_DUE);
  const { docs } = await due.get();
  allowance.spend({ reads: Math.max(1, docs.length) });
  return docs;
}

function isProving(found: QueryDocumentSnapshot): boolean {
  return found.get('state') === 'proving';
}

async function moveAll(due: QueryDocumentSnapshot[], run: Run): Promise<number> {
  let moved = 0;
  for (const found of due.slice(0, run.bounds.atOnce)) {
    if (!run.mayGoOn()) break;
    moved += Number(await moveOn(found, run));
  }
  return moved;
}

/** One that goes wrong keeps no other waiting: its lease runs out, and it is tried again. */
async function moveOn(found: QueryDocumentSnapshot, run: Run): Promise<boolean> {
  run.allowance.spend(TURN_COST);
  try {
    const turn = await takeTurn(found, run.world, run.bounds.leaseMs);
    if (turn) await (turn.erasure.state === 'proving' ? prove(turn, run) : erase(turn, run));
    return turn !== undefined;
  } catch (error) {
    if (error instanceof TurnLost) log.info('erasure_taken_over', { erasureId: found.id });
    else log.warn('erasure_step_failed', { erasureId: found.id, error });
    return false;
  }
}

async function erase(turn: Turn, run: Run): Promise<void> {
  const { world, bounds } = run;
  const quietInMs = Date.parse(turn.erasure.startedAt) + bounds.underWayMs - world.clock.now();
  const { failed, isInterrupted } = await emptyAll(turn, run, quietInMs <= 0);
  const failedPasses = failed.length > 0 ? turn.erasure.failedPasses + 1 : 0;
  const inMs = (ms: number) => new Date(world.clock.now() + ms).toISOString();
  const again = (ms: number) => turn.write({ failedPasses, dueAt: inMs(ms) });
  if (failed.length > 0) tellOf(failed, failedPasses, turn);
  if (isInterrupted) return await again(0);
  if (quietInMs > 0) return await again(Math.min(bounds.againMs, quietInMs));
  if (failed.length > 0 || (await isSomethingLeft(turn))) return await again(bounds.againMs);
  await turn.write({ state: 'proving', failedPasses, provenTo: null, dueAt: inMs(0) });
}

interface Failed {
  name: string;
  error: unknown;
}

/** A step that goes wrong keeps none of the others from its work. */
async function emptyAll(turn: Turn, run: Run, isQuiet: boolean): Promise<{ failed: Failed[]; isInterrupted: boolean }> {
  const failed: Failed[] = [];
  for (const step of run.steps.filter(({ isLate = false }) => isQuiet || !isLate)) {
    if (failed.some(({ name }) => name === step.after)) continue;
    try {
      if (!(await empty(step, turn, run))) return { failed, isInterrupted: true };
    } catch (error) {
      if (error instanceof TurnLost) throw error;
      failed.push({ name: step.name, error });
    }
  }
  return { failed, isInterrupted: false };
}

function tellOf(failed: Failed[], failedPasses: number, { erasure: { erasureId } }: Turn): void {
  const told = { erasureId, steps: failed.map(({ name }) => name), failedPasses, error: failed[0]?.error };
  if (failedPasses < TOLD_AFTER_PASSES) log.warn('erasure_step_failed', told);
  else log.error('erasure_step_failed', told);
}

/** @returns false when this run has to stop */
async function empty(step: Step, turn: Turn, { world, allowance, mayGoOn }: Run): Promise<boolean> {
  try {
    while (mayGoOn()) {
      const count = await step.erasePage({ turn, now: new Date(world.clock.now()) });
      allowance.spend(costOfPage(step.name, count));
      if (count === 0) return true;
    }
    return false;
  } catch (error) {
    if (!(error instanceof MediaFault)) throw error;
    log.warn('erasure_waits_for_storage', { erasureId: turn.erasure.erasureId, error }); // the other parts do not
  }
  return true;
}

/** Bytes are still to go, and what knows of them is there until they have. */
async function isSomethingLeft({ erasure: { uid } }: Turn): Promise<boolean> {
  const db = await database();
  const found = await Promise.all(KNOW_OF_BYTES.map((name) => db.collection(name).where('ownerId', '==', uid).limit(1).get()));
  return found.some(({ size }) => size > 0);
}

async function prove(turn: Turn, { world, bounds, allowance, mayGoOn }: Run): Promise<void> {
  const { uid, erasureId, startedAt } = turn.erasure;
  const inMs = (ms: number) => new Date(world.clock.now() + ms).toISOString();
  const except = erasureRef(await database(), erasureId).path;
  const names = [uid, ownerHashOf(uid)];
  let from = turn.erasure.provenTo;
  while (mayGoOn()) {
    const { position, traces, documentCount } = await findTraces(names, from, { limit: bounds.proofPage, except });
    allowance.spend({ reads: Math.max(1, documentCount) });
    if (traces.length > 0) {
      const collections = [...new Set(traces.map((path) => path.split('/')[0]))];
      log.error('erasure_incomplete', { erasureId, collections, traceCount: traces.length }); // paths may hold the uid
      return await turn.write({ state: 'erasing', provenTo: null, dueAt: inMs(bounds.foundMs) });
    }
    if (!position) return await turn.end({ erasureId, state: 'done', startedAt, finishedAt: inMs(0) });
    from = position;
  }
  await turn.write({ provenTo: from, dueAt: inMs(0) });
}
