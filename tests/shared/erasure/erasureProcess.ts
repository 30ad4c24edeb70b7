/**
 * Erases deleted accounts, in a process of its own that is built with numbered awaits (tests/crashPoints/buildNumbered.ts), by the time
 * that it is given. For each line `{"nowMs": 0, "plan": {…}}` on standard input it runs once, and says when it is done.
 */
import { createInterface } from 'node:readline';
import { advanceErasures, closeAccount, ERASURE_BOUNDS } from '#shared/erasure';
import { systemWorld } from '#shared/runtime';
import { type Plan, setPlan, tell } from '../../crashPoints/crashPoint.ts';

for await (const line of createInterface({ input: process.stdin })) {
  const { plan, nowMs, close } = JSON.parse(line) as { plan?: Plan; nowMs: number; close?: string };
  setPlan(plan);
  const world = { ...systemWorld, clock: { ...systemWorld.clock, now: () => nowMs } };
  const bounds = { ...ERASURE_BOUNDS, underWayMs: 0, leaseMs: 1_000 };
  if (close !== undefined) await closeAccount(close, world);
  else await advanceErasures({ world, signal: new AbortController().signal, bounds });
  tell({ said: 'done' });
}
process.exit(0);
