/**
 * Moves backups on, in a process of its own that is built with numbered awaits (tests/crashPoints/buildNumbered.ts), by the time that it is
 * given. For each line `{"nowMs": 0, "plan": {…}}` on standard input it makes two passes, and says when it is done.
 */
import { createInterface } from 'node:readline';
import { advanceBackups } from '#shared/backups';
import { systemWorld } from '#shared/runtime';
import { type Plan, setPlan, tell } from '../../crashPoints/crashPoint.ts';

for await (const line of createInterface({ input: process.stdin })) {
  const { plan, nowMs } = JSON.parse(line) as { plan?: Plan; nowMs: number };
  setPlan(plan);
  const world = { ...systemWorld, clock: { ...systemWorld.clock, now: () => nowMs } };
  const pass = () => advanceBackups({ world, signal: new AbortController().signal });
  await pass();
  await pass(); // once it is verified it is compared
  tell({ said: 'done' });
}
process.exit(0);
