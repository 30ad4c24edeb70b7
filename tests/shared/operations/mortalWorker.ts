import type { Clock } from '#shared/runtime';
import { systemWorld } from '#shared/runtime';
import type { OwnWorker, Studio } from '../../support/studio.ts';

/**
 * A worker that is gone, as after `kill -9`, at the `diesAt`-th thing that it does outside itself: before or after a call of the
 * provider or the storage, or in the midst of a transaction. What had left it by then arrives; it never does anything again.
 */
export function mortalWorker({ provider, storage, clock }: Pick<Studio, 'provider' | 'storage' | 'clock'>, diesAt: number) {
  let count = 0;
  const { promise: died, resolve: die } = Promise.withResolvers<void>();
  const isDead = () => count >= diesAt;
  const breathe = () => {
    count += 1;
    if (isDead()) die();
    return isDead();
  };
  const worker: OwnWorker = {
    provider: mortal(provider, breathe),
    store: mortal(storage.store, breathe),
    world: { ...systemWorld, clock: mortalClock(clock, breathe, isDead) },
  };
  return { worker, died };
}

const never = () => new Promise<never>(() => undefined);

function mortal<T extends object>(real: T, breathe: () => boolean): T {
  return new Proxy(real, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        if (breathe()) return never();
        const result: unknown = Reflect.apply(value, target, args);
        return result instanceof Promise ? afterwards(result, breathe) : result;
      };
    },
  });
}

async function afterwards<T>(result: Promise<T>, breathe: () => boolean): Promise<T> {
  await result.catch(() => undefined);
  return breathe() ? never() : result;
}

/** Transactions ask for the time in their midst: those of a dead worker come to nothing, and its leases run out. */
function mortalClock(clock: Clock, breathe: () => boolean, isDead: () => boolean): Clock {
  return {
    now: () => {
      if (breathe()) throw new Error('dead');
      return clock.now();
    },
    monotonicMs: () => (isDead() ? Number.POSITIVE_INFINITY : clock.monotonicMs()),
    sleep: async (ms, signal) => {
      await clock.sleep(ms, signal);
      if (isDead()) await never();
    },
  };
}
