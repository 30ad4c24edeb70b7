/**
 * One clock for several processes: a test moves it, and a process that it started sees the time at once, and is woken by it.
 * Between them is a file of eight bytes, the milliseconds since both began; they are written and read in one piece.
 */
import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '#shared/runtime';
import type { TestClock } from '../support/clock.ts';

/** What the other process needs to know. */
export interface SharedTime {
  file: string;
  nowMs: number;
  monotonicMs: number;
}

const LOOKS_EVERY_MS = 5;

/** From here on every move of the test's clock is seen by whoever reads the file. `close` ends that. */
export function shareClock(clock: TestClock, file: string): SharedTime & { close(): void } {
  const began = { nowMs: clock.now(), monotonicMs: clock.monotonicMs() };
  writeFileSync(file, Float64Array.of(0));
  const descriptor = openSync(file, 'r+');
  const advance = clock.advance.bind(clock);
  let passedMs = 0;
  clock.advance = (ms) => {
    passedMs += ms;
    writeSync(descriptor, Float64Array.of(passedMs), 0, 8, 0);
    advance(ms);
  };
  return {
    file,
    ...began,
    close: () => {
      clock.advance = advance;
      closeSync(descriptor);
    },
  };
}

/** The same clock in the other process. */
export function openSharedClock({ file, nowMs, monotonicMs }: SharedTime): Clock {
  const descriptor = openSync(file, 'r');
  const passed = new Float64Array(1);
  const passedMs = () => {
    readSync(descriptor, passed, 0, 8, 0);
    return passed[0]!;
  };
  return {
    now: () => nowMs + passedMs(),
    monotonicMs: () => monotonicMs + passedMs(),
    sleep: async (ms, signal) => {
      const endsMs = passedMs() + ms;
      while (passedMs() < endsMs && !signal?.aborted) await wait(LOOKS_EVERY_MS, undefined, { signal }).catch(() => undefined);
    },
  };
}
