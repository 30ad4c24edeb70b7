/** The limiter as instances run it, on the real database, with a short window. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CallerRate, RATE_LIMITS, RateLimiter, type RateLimits } from '#shared/limits';
import { closeDatabase, database, newId, systemClock } from '#shared/runtime';
import { waitUntil } from '../../../scripts/local/waitUntil.ts';
import { useOwnProject } from '../../support/service.ts';

beforeAll(() => {
  useOwnProject();
});

afterAll(() => closeDatabase());

const SHORT: RateLimits = { ...RATE_LIMITS, windowMs: 2000 };

function instances(count: number, limits = RATE_LIMITS): RateLimiter[] {
  return Array.from({ length: count }, () => new RateLimiter(newId('ins'), limits));
}

/** Asks as often as said, all at once, going round the instances. */
async function hammer(limiters: RateLimiter[], uid: string, count: number, rate: CallerRate = 'read') {
  const asked = Array.from({ length: count }, (_, index) => limiters[index % limiters.length]!.admit(uid, rate, systemClock));
  const outcomes = await Promise.allSettled(asked);
  const accepted = outcomes.filter(({ status }) => status === 'fulfilled').length;
  const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as { code: string }] : []));
  return { accepted, refusals: new Set(reasons.map(({ code }) => code)) };
}

async function stored(uid: string) {
  const document = await (await database()).doc(`rateLimits/${uid}`).get();
  return { data: document.data(), writtenAt: document.updateTime };
}

describe('G5: of one caller, at most 100 requests are accepted in a window', () => {
  it.each([1, 2, 5, 10])('when %d instances are hammered at once', async (count) => {
    const uid = newId('req');
    const { accepted, refusals } = await hammer(instances(count), uid, 180);
    expect(accepted).toBeLessThanOrEqual(100);
    expect(accepted).toBeGreaterThanOrEqual(90); // the rest lies in other instances
    expect(refusals).toEqual(new Set(['rate_limited']));
    expect((await stored(uid)).data).toMatchObject({ granted: 100 });
  });

  it('and he who stays below 90 is never refused, over ten instances at once or one after another', async () => {
    const uid = newId('req');
    const limiters = instances(10);
    const burst = await hammer(limiters, uid, 45);
    for (let count = 45; count < 89; count += 1) await limiters[(count * 7) % 10]!.admit(uid, 'read', systemClock);
    expect(burst).toEqual({ accepted: 45, refusals: new Set() });
  });

  it('a new window begins when it is over, and is as large', async () => {
    const uid = newId('req');
    const limiters = instances(5, SHORT);
    const startedAt = performance.now();
    const mostSince = (at: number) => 100 * (1 + Math.floor((performance.now() - at) / SHORT.windowMs)); // a slow machine needs two windows
    expect((await hammer(limiters, uid, 130)).accepted).toBeLessThanOrEqual(mostSince(startedAt));
    const { windowStartMs } = (await stored(uid)).data!;
    const isNew = async () => {
      await hammer(limiters, uid, 1); // may still be a token of the old window
      return (await stored(uid)).data!['windowStartMs'] >= windowStartMs + SHORT.windowMs;
    };
    await waitUntil('the new window', isNew, 2 * SHORT.windowMs);
    const again = performance.now();
    const { accepted } = await hammer(limiters, uid, 130);
    expect(accepted).toBeGreaterThan(80);
    expect(accepted).toBeLessThan(mostSince(again));
  });
});

describe('A caller’s requests', () => {
  it('cost at most 20 writes when a hundred come to one instance at once, and tell what is left', async () => {
    const uid = newId('req');
    const [limiter] = instances(1);
    const states = await Promise.all(Array.from({ length: 100 }, () => limiter!.admit(uid, 'read', systemClock)));
    expect(states.map(({ remaining }) => remaining)).toEqual(Array.from({ length: 100 }, (_, index) => 99 - index));
    expect(states[0]).toEqual({ limit: 100, windowS: 60, remaining: 99, resetS: 60 });
    const { granted, leases } = (await stored(uid)).data!;
    expect({ granted, leases: Object.values(leases) }).toEqual({ granted: 100, leases: [5] }); // 1 + 2 + 4 + 11 × 8 + 5: fifteen writes
  });

  it('may be for ten songs, over all instances, and no lease is spent on an eleventh', async () => {
    const uid = newId('req');
    const limiters = instances(5);
    expect(await hammer(limiters, uid, 15, 'generate')).toEqual({ accepted: 10, refusals: new Set(['rate_limited']) });
    expect((await stored(uid)).data).toMatchObject({ granted: 10, generations: 10 });
    expect(await hammer(limiters, uid, 50)).toEqual({ accepted: 50, refusals: new Set() });
  });

  it('for songs leave alone what the instance holds for the rest', async () => {
    const uid = newId('req');
    const [limiter] = instances(1);
    await hammer([limiter!], uid, 8); // the eighth takes a lease of 8
    await limiter!.admit(uid, 'generate', systemClock);
    await hammer([limiter!], uid, 7);
    expect((await stored(uid)).data).toMatchObject({ granted: 16 });
    await limiter!.admit(uid, 'read', systemClock);
    expect((await stored(uid)).data).toMatchObject({ granted: 24 });
  });

  it('that are refused cost nothing more until the window ends: no read, no write', async () => {
    const uid = newId('req');
    const [limiter] = instances(1);
    await hammer([limiter!], uid, 101);
    const before = await stored(uid);
    await (await database()).doc(`rateLimits/${uid}`).delete(); // an instance that looked again would let him through
    expect(await hammer([limiter!], uid, 50)).toEqual({ accepted: 0, refusals: new Set(['rate_limited']) });
    expect(before.data).toMatchObject({ granted: 100 });
    expect((await stored(uid)).data).toBeUndefined();
  });

  it('are told when to come again', async () => {
    const uid = newId('req');
    const [limiter] = instances(1);
    await hammer([limiter!], uid, 100);
    await expect(limiter!.admit(uid, 'write', systemClock)).rejects.toMatchObject({
      code: 'rate_limited',
      retryAfterS: expect.any(Number),
    });
  });

  it('go on when somebody has spoilt the document by hand', async () => {
    const uid = newId('req');
    await (await database()).doc(`rateLimits/${uid}`).set({ granted: 'many' });
    expect((await hammer(instances(2), uid, 5)).accepted).toBe(5);
    expect((await stored(uid)).data).toMatchObject({ windowStartMs: expect.any(Number) });
  });
});
