/** Nudges a job twice, as two requests would, and goes on living for a while: what fails late must not end a process. */
import { setTimeout as sleep } from 'node:timers/promises';
import { nudgeJob, systemClock } from '#shared/runtime';

const tookMs: number[] = [];
for (const minute of [1, 2]) {
  const startMs = performance.now();
  await nudgeJob('advanceGenerations', { ...systemClock, monotonicMs: () => minute * 60_000 });
  tookMs.push(Math.round(performance.now() - startMs));
}
await sleep(1_500);
process.stdout.write(JSON.stringify(tookMs));
process.exit(0);
