/**
 * Runs a job in a process of its own, which is built with numbered awaits (tests/crashPoints/buildNumbered.ts). For each line
 * `{"due": "2026-11-23T19:00:00Z", "leaseMs": 1500, "waitMs": 0, "clockAheadMs": 0, "plan": {…}}` on standard input it does so once.
 * It says `working` in the middle of the work, and how it ended.
 */
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '#shared/runtime';
import { type Plan, setPlan, tell } from '../../crashPoints/crashPoint.ts';
import { runSomeJob, type SomeRun } from './someJob.ts';

for await (const line of createInterface({ input: process.stdin })) {
  const { plan, waitMs = 0, ...run } = JSON.parse(line) as SomeRun & { plan?: Plan; waitMs?: number };
  setPlan(plan);
  const middle = async () => {
    tell({ said: 'working' });
    await sleep(waitMs);
  };
  tell({ said: await runSomeJob(run, middle).catch(told) });
}
process.exit(0);

function told(error: unknown): unknown {
  if (error instanceof Problem) return { refused: error.code, retryAfterS: error.retryAfterS };
  throw error;
}
