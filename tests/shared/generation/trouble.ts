/** What tests of a provider in trouble need besides the studio. */
import { advanceGenerations, BOUNDS, createWorker, type Worker } from '#shared/generation';
import { database, systemWorld } from '#shared/runtime';
import type { Studio } from '../../support/studio.ts';
import type { Listener } from './listener.ts';

/** One that knows nothing of others but what stands in the database. It waits as short as it may, and not long for an answer. */
export function newWorker({ clock }: Pick<Studio, 'clock'>): Worker {
  const world = { ...systemWorld, clock, random: () => 0 };
  return createWorker({ world, signal: new AbortController().signal }, { ...BOUNDS, submitMs: 400, waitForDueMs: 0 });
}

/** The same worker, ordering in this way. */
export function orderingBy(worker: Worker, submit: Worker['provider']['submit']): Worker {
  return { ...worker, provider: { ...worker.provider, submit } };
}

/** Lets time pass, and one worker after the other run. At the same moment would be the same, and costs the emulator seconds. */
export async function runInTurn({ clock }: Pick<Studio, 'clock'>, workers: Worker[], seconds: number, stepS = 3): Promise<void> {
  for (let passed = 0; passed < seconds; passed += stepS) {
    clock.advance(Math.min(stepS, seconds - passed) * 1000);
    for (const worker of workers) await advanceGenerations(worker);
  }
}

export async function askTimes({ ask }: Listener, times: number): Promise<string[]> {
  const ids: string[] = [];
  for (let time = 0; time < times; time += 1) ids.push(await ask());
  return ids;
}

/** The provider works again, and nothing is left of what was asked for. */
export async function endTrouble({ sandbox, clock }: Studio): Promise<void> {
  sandbox.faults.delete();
  const db = await database();
  const left = await db.collection('generationWork').get();
  const states = ['provider', 'budget'].map((name) => db.doc(`dependencies/${name}`));
  await Promise.all([...left.docs.map((work) => work.ref), ...states].map((ref) => ref.delete()));
  clock.advance(61_000); // past what processes remember of it
}
