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
import { database, log, nudgeJob, type World } from '#shared/runtime';
import { deleteInAuth } from './closeAccount.ts';
import { findTraces } from './findTraces.ts';
import { ERASURES, erasureRef } from './record.ts';
import { KNOW_OF_BYTES, STEPS, type Step } from './steps.ts';
import { type Turn, TurnLost, takeTurn } from './takeTurn.ts';

export const ERASURE_BOUNDS = {
  /** One run; the next goes on where it stopped. */
  passMs: 45_000,
  /** Pages of one run, of at most 100 documents or 10 requests; of a proof 300 documents. */
  pages: 60,
  proofPage: 300,
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
type ErasureBounds = typeof ERASURE_BOUNDS;

export interface ErasureRun {
  world: World;
  signal: AbortSignal;
  bounds?: ErasureBounds;
  steps?: Step[];
}

interface Run extends Required<ErasureRun> {
  /** Asked before each page. */
  mayGoOn(): boolean;
  /** A page has been worked on: to find nothing costs next to nothing. */
  countPage(): void;
}

/** @returns how many erasures have been moved on */
export async function advanceErasures({ bounds = ERASURE_BOUNDS, steps = STEPS, ...given }: ErasureRun): Promise<number> {
  const { world, signal } = given;
  const endsAtMs = world.clock.monotonicMs() + bounds.passMs;
  let pages = 0;
  const run: Run = {
    ...{ ...given, bounds, steps },
    mayGoOn: () => pages < bounds.pages && !signal.aborted && world.clock.monotonicMs() < endsAtMs,
    countPage: () => {
      pages += 1;
    },
  };
  let moved = 0;
  for (const found of await listDue(run)) {
    if (!run.mayGoOn()) break;
    moved += Number(await moveOn(found, run));
  }
  if (pages >= bounds.pages) await nudgeJob('watchService', world.clock);
  return moved;
}

async function listDue({ world, bounds }: Run): Promise<QueryDocumentSnapshot[]> {
  const db = await database();
  const due = db.collection(ERASURES).where('dueAt', '<=', new Date(world.clock.now())).orderBy('dueAt').limit(bounds.atOnce);
  return (await due.get()).docs;
}

/** One that goes wrong keeps no other waiting: its lease runs out, and it is tried again. */
async function moveOn(found: QueryDocumentSnapshot, run: Run): Promise<boolean> {
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
  const { world, bounds, steps } = run;
  const inMs = (ms: number) => new Date(world.clock.now() + ms).toISOString();
  const quietAtMs = Date.parse(turn.erasure.startedAt) + bounds.underWayMs;
  const isQuiet = world.clock.now() >= quietAtMs;
  await deleteInAuth(turn.erasure.uid);
  for (const step of steps.filter(({ isLate = false }) => isQuiet || !isLate)) {
    if (!(await empty(step, turn, run))) return await turn.write({ dueAt: inMs(0) });
  }
  if (!isQuiet) return await turn.write({ dueAt: inMs(Math.min(bounds.againMs, quietAtMs - world.clock.now())) });
  if (await isSomethingLeft(turn)) return await turn.write({ dueAt: inMs(bounds.againMs) });
  await turn.write({ state: 'proving', provenTo: null, dueAt: inMs(bounds.leaseMs) });
  await prove(turn, run);
}

/** @returns false when this run has to stop */
async function empty(step: Step, turn: Turn, { world, mayGoOn, countPage }: Run): Promise<boolean> {
  try {
    while (mayGoOn()) {
      if ((await step.erasePage({ turn, now: new Date(world.clock.now()) })) === 0) return true;
      countPage();
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

async function prove(turn: Turn, { world, bounds, mayGoOn, countPage }: Run): Promise<void> {
  const { uid, erasureId, startedAt } = turn.erasure;
  const inMs = (ms: number) => new Date(world.clock.now() + ms).toISOString();
  const except = erasureRef(await database(), erasureId).path;
  const names = [uid, ownerHashOf(uid)];
  let from = turn.erasure.provenTo;
  for (; mayGoOn(); countPage()) {
    const { position, traces } = await findTraces(names, from, { limit: bounds.proofPage, except });
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
