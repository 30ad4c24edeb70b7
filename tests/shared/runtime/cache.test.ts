import { beforeEach, describe, expect, it } from '@jest/globals';
import { Cache } from '#shared/runtime';
import { TestClock } from '../../support/clock.ts';

interface Thing {
  version: number;
}

let clock: TestClock;
let cache: Cache<Thing>;
let loads: { finish(): void; fail(): void }[];

beforeEach(() => {
  clock = new TestClock();
  cache = new Cache({ maxEntries: 2, maxAgeMs: 1000 });
  loads = [];
});

/** A load that ends when the test says so; it gives how many loads were begun before it. */
function load(): Promise<Thing> {
  const { promise, resolve, reject } = Promise.withResolvers<Thing>();
  const version = loads.length;
  loads.push({ finish: () => resolve({ version }), fail: () => reject(new Error('no answer')) });
  return promise;
}

async function loaded(key = 'a'): Promise<Thing> {
  const asked = cache.get(key, clock, load);
  loads.at(-1)?.finish();
  return await asked;
}

describe('A cache', () => {
  it('loads once while the value is young, and again when it is not', async () => {
    await loaded();
    clock.advance(999);
    expect(await cache.get('a', clock, load)).toEqual({ version: 0 });
    clock.advance(1);
    expect(await loaded()).toEqual({ version: 1 });
    expect(loads).toHaveLength(2);
  });

  it('loads once for all who ask at the same time', async () => {
    const asked = Array.from({ length: 20 }, () => cache.get('a', clock, load));
    loads[0]!.finish();
    expect(await Promise.all(asked)).toEqual(Array(20).fill({ version: 0 }));
    expect(loads).toHaveLength(1);
  });

  it('counts the age from before the load', async () => {
    const asked = cache.get('a', clock, load);
    clock.advance(600);
    loads[0]!.finish();
    await asked;
    clock.advance(400);
    expect(cache.peek('a', clock)).toBeUndefined();
  });

  it('remembers no failure, and tells it to all who waited', async () => {
    const asked = [cache.get('a', clock, load), cache.get('a', clock, load)];
    loads[0]!.fail();
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await loaded()).toEqual({ version: 1 });
  });

  it('that is told to forget during a load does not remember what the load brings', async () => {
    const before = cache.get('a', clock, load);
    cache.forget('a');
    const after = cache.get('a', clock, load);
    loads[0]!.finish();
    expect(await before).toEqual({ version: 0 });
    expect(cache.peek('a', clock)).toBeUndefined();
    loads[1]!.finish();
    expect(await after).toEqual({ version: 1 });
    expect(cache.peek('a', clock)).toEqual({ version: 1 });
  });

  it('gives whoever must have it fresh nothing that somebody else began to load before, and remembers what is younger', async () => {
    const before = cache.get('a', clock, load);
    const fresh = cache.refresh('a', clock, load);
    const joined = cache.join('a', clock, load);
    loads[1]!.finish();
    loads[0]!.finish();
    expect(await Promise.all([before, fresh, joined])).toEqual([{ version: 0 }, { version: 1 }, { version: 1 }]);
    expect(cache.peek('a', clock)).toEqual({ version: 1 });
    expect(loads).toHaveLength(2);
  });

  it('still knows what was, for when the source is down', async () => {
    await loaded();
    clock.advance(100_000);
    expect([cache.lastKnown('a'), cache.isForgotten('a')]).toEqual([{ version: 0 }, false]);
    cache.forget('a');
    expect([cache.lastKnown('a'), cache.isForgotten('a')]).toEqual([undefined, true]);
    await loaded();
    expect([cache.isForgotten('a'), cache.isForgotten('never seen')]).toEqual([false, false]);
  });

  it('forgets what was used longest ago when it is full', async () => {
    await loaded('a');
    await loaded('b');
    cache.peek('a', clock);
    await loaded('c');
    expect([cache.peek('a', clock), cache.peek('b', clock), cache.peek('c', clock)]).toEqual([{ version: 0 }, undefined, { version: 2 }]);
  });
});
