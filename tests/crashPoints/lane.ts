/** Where one request after the other is made under faults: everything outside of the worker, and its time. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { database } from '#shared/runtime';
import { type Listener, newListener } from '../shared/generation/listener.ts';
import { openStudio, type Studio } from '../support/studio.ts';
import { buildNumbered } from './buildNumbered.ts';
import { type NumberedWorker, startWorker } from './numberedWorker.ts';
import { shareClock } from './sharedClock.ts';

export interface Lane {
  studio: Studio;
  /** Somebody with enough credits; after a while it is another. */
  listener(): Promise<Listener>;
  /** A worker in a process of its own, started ahead of time. */
  worker(): NumberedWorker;
  close(): Promise<void>;
}

/** Both songs of a request are done at the first poll, so that they are stored side by side, and their covers at the next. */
const PACE = { finalFromMs: 2_500, finalToMs: 2_500, coverPolls: 0 };
const REQUESTS_OF_ONE = 100;

export async function openLane(): Promise<Lane> {
  const directory = await mkdtemp(path.join(tmpdir(), 'sori-lane-'));
  const [studio, program] = await Promise.all([openStudio({ pace: PACE }), buildNumbered('tests/crashPoints/workerProcess.ts')]);
  const db = await database();
  await db.doc('settings/service').set({ providerCreditsPerDay: 1_000_000 });
  const time = shareClock(studio.clock, path.join(directory, 'time'));
  const workers = startedAhead(() => startWorker(program, time));
  return {
    studio,
    listener: listenersOf(studio),
    worker: workers.take,
    close: async () => {
      await workers.close();
      time.close();
      await studio.close();
      await Promise.all([program.remove(), rm(directory, { recursive: true, force: true })]);
    },
  };
}

/** The next process starts while the one before is at work. */
function startedAhead(start: () => NumberedWorker) {
  let next = start();
  return {
    take: () => {
      const taken = next;
      next = start();
      return taken;
    },
    close: () => next.kill(),
  };
}

function listenersOf(studio: Studio): Lane['listener'] {
  let current: Promise<Listener> | undefined;
  let requests = 0;
  return () => {
    if (requests % REQUESTS_OF_ONE === 0) current = newListener(studio);
    requests += 1;
    return current!;
  };
}
