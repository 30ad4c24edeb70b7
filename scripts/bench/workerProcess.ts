/**
 * A worker as a process of its own, run after run as Cloud Scheduler would have it. It tells every second what it has done, and how
 * much memory it takes. Its environment is its settings.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Firestore } from '@google-cloud/firestore';
import { advanceGenerations, createWorker } from '#shared/generation';
import { closeDatabase, systemWorld } from '#shared/runtime';
import { servePart } from '../local/processes/part.ts';
import { tapFirestore } from './firestoreTap.ts';
import { recordPolls } from './polls.ts';
import type { WorkerSample } from './workerCrew.ts';
import { WorkTally } from './workTally.ts';

const SAMPLE_MS = 1_000;
/** Between two runs. Scheduler's are up to a minute apart, nudges some seconds: here nobody is to wait for them. */
const PAUSE_MS = 500;

servePart<object, { pid: number }>(() => {
  const tally = new WorkTally();
  tapFirestore(Firestore, tally);
  const stopping = new AbortController();
  let own: Pick<WorkerSample, 'polls' | 'runs' | 'faults'> = { polls: [], runs: 0, faults: [] };
  const sampling = setInterval(() => void tell(), SAMPLE_MS);
  const working = work();
  return Promise.resolve({ ready: { pid: process.pid }, close });

  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      const worker = createWorker({ world: systemWorld, signal: stopping.signal });
      const provider = recordPolls(worker.provider, (poll) => own.polls.push(poll));
      await advanceGenerations({ ...worker, provider }).catch((error: unknown) => own.faults.push(String(error)));
      own.runs += 1;
      await sleep(PAUSE_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  async function close(): Promise<void> {
    stopping.abort();
    await working;
    clearInterval(sampling);
    await closeDatabase();
    await tell();
  }

  function tell(): Promise<void> {
    const { rss: rssBytes, heapUsed: heapBytes } = process.memoryUsage();
    const sample: WorkerSample = { ...tally.take(), ...own, atMs: Date.now(), rssBytes, heapBytes };
    own = { polls: [], runs: 0, faults: [] };
    return new Promise((resolve) => process.send?.({ sample }, () => resolve()));
  }
});
