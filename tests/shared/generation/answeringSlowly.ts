import type { Studio } from '../../support/studio.ts';

const DELAY_MS = 5_000;

/** Moves the clock on while the sandbox makes someone wait (the fault `slow`): it is slow by the tests' clock. */
export async function answeringSlowly<T>({ sandbox, clock }: Pick<Studio, 'sandbox' | 'clock'>, work: Promise<T>): Promise<T> {
  const moved = new Set<number>();
  const mover = setInterval(() => {
    for (const { number, endedAt, faults } of sandbox.requests().slice(-20)) {
      if (endedAt !== null || moved.has(number) || !faults.includes('slow')) continue;
      moved.add(number);
      clock.advance(DELAY_MS);
    }
  }, 5);
  try {
    return await work;
  } finally {
    clearInterval(mover);
  }
}
