import type { MediaStore } from '#shared/media';
import type { TestClock } from '../../support/clock.ts';

const BEAT_MS = 500;

/** From now on the first of these stores does some things no more. */
export function makeSlow(stores: MediaStore[], clock: TestClock, ...names: (keyof MediaStore)[]) {
  const whole = stores[0]!;
  let calls = 0;
  const never = () => {
    calls += 1;
    return new Promise<never>(() => undefined);
  };
  const get = (store: MediaStore, name: keyof MediaStore) => {
    const found = names.includes(name) ? never : store[name];
    return typeof found === 'function' ? found.bind(store) : found;
  };
  stores[0] = new Proxy(whole, { get: get as never });
  return {
    end: () => {
      stores[0] = whole;
    },
    /** Time passes until the limit is over. @param stillMs - nothing of this process happens for so long, in between */
    async passing(probe: () => Promise<void>, { stillMs = BEAT_MS, meanwhile = async () => {} } = {}): Promise<void> {
      const before = calls;
      const probing = probe();
      while (calls < before + names.length) await new Promise((resolve) => setTimeout(resolve, 5));
      await meanwhile();
      for (let beats = 0; beats < 10; beats += 1) {
        clock.advance(beats === 4 ? stillMs : BEAT_MS);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await probing;
    },
  };
}
