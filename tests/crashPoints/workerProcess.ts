/**
 * The real worker in a process of its own, whose time a test moves. It is built with numbered awaits (buildNumbered.ts).
 *
 *     workerProcess.ts '{"file": "/tmp/…/time", "nowMs": 0, "monotonicMs": 0}'
 *
 * For each line `{"run": true}` or `{"run": true, "plan": {…}}` on standard input it runs the worker once, and says how many steps it
 * took, on file descriptor 3. It ends with its standard input.
 */
import { flushCompileCache } from 'node:module';
import { createInterface } from 'node:readline';
import { advanceGenerations, BOUNDS, createWorker } from '#shared/generation';
import { systemWorld } from '#shared/runtime';
import { type Plan, setPlan, tell } from './crashPoint.ts';
import { openSharedClock, type SharedTime } from './sharedClock.ts';

const clock = openSharedClock(JSON.parse(process.argv[2] ?? '{}') as SharedTime);
const worker = createWorker(
  { world: { ...systemWorld, clock }, signal: new AbortController().signal },
  { ...BOUNDS, waitForDueMs: 0 }, // the test moves the time to what comes next
);

for await (const line of createInterface({ input: process.stdin })) {
  const { plan } = JSON.parse(line) as { plan?: Plan };
  if (plan) setPlan(plan);
  tell({ said: await advanceGenerations(worker) });
  flushCompileCache();
}
process.exit(0);
