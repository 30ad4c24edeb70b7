/** The rule by which a caller's 100 tokens go to the instances, in any order of their questions. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type CallerRate, grantLease, RATE_LIMITS, type RateDocument } from '#shared/limits';

const INSTANCE_COUNT = 12;
const START_MS = Date.parse('2026-11-23T09:00:00Z');

interface Request {
  instance: number;
  rate: CallerRate;
  afterMs: number;
}

/** The instances and the document, as the limiter uses the rule: it asks without tokens, and for every song. */
class Simulation {
  document: RateDocument | undefined;
  nowMs = START_MS;
  writes = 0;
  accepted = 0;
  generations = 0;
  /** Sum of all grants in the window, counted here. */
  granted = 0;
  readonly tokens: number[] = Array(INSTANCE_COUNT).fill(0);

  /** @returns whether it is accepted */
  request({ instance, rate, afterMs }: Request): boolean {
    this.nowMs += afterMs;
    this.#endWindow();
    if (rate === 'generate' || this.tokens[instance] === 0) this.#ask(instance, rate);
    const isRefused = this.#wasRefused || this.tokens[instance] === 0;
    this.#wasRefused = false;
    if (isRefused) return false;
    this.tokens[instance]! -= 1;
    this.accepted += 1;
    this.generations += rate === 'generate' ? 1 : 0;
    return true;
  }

  unspent(): number {
    return this.tokens.reduce((sum, held) => sum + held, 0);
  }

  #wasRefused = false;

  #endWindow(): void {
    if (this.document && this.nowMs < this.document.windowStartMs + RATE_LIMITS.windowMs) return;
    this.tokens.fill(0);
    Object.assign(this, { accepted: 0, generations: 0, granted: 0 });
  }

  #ask(instance: number, rate: CallerRate): void {
    const grant = grantLease(this.document, { instanceId: `ins_${instance}`, rate, nowMs: this.nowMs }, RATE_LIMITS);
    this.#wasRefused = grant.granted === 0;
    if (grant.granted === 0) return;
    this.document = grant.document;
    this.writes += 1;
    this.granted += grant.granted;
    this.tokens[instance]! += grant.granted;
  }
}

/** In runs to one instance, as callers make them: leases grow only where somebody comes back. */
const requests = (rates: CallerRate[], longestPauseMs: number) =>
  fc
    .array(
      fc.record({
        instance: fc.nat(INSTANCE_COUNT - 1),
        rate: fc.constantFrom(...rates),
        afterMs: fc.oneof(fc.constant(0), fc.nat(longestPauseMs)),
        times: fc.oneof(fc.constant(1), fc.integer({ min: 6, max: 12 })),
      }),
      { minLength: 1, maxLength: 100 },
    )
    .map((runs): Request[] => runs.flatMap(({ times, ...request }) => Array(times).fill(request)));

const SEED = { seed: 20261123, numRuns: 300 };

describe('Whatever the order in which instances ask', () => {
  it('at most 100 requests of a window are accepted, 10 of them for songs, and the document says exactly what was granted', () => {
    fc.assert(
      fc.property(requests(['read', 'write', 'generate'], 2000), (all) => {
        const world = new Simulation();
        for (const request of all) {
          world.request(request);
          const { granted, generations } = world.document!;
          expect({ granted, generations }).toEqual({ granted: world.granted, generations: world.generations });
          expect(granted).toBeLessThanOrEqual(100);
          expect(world.accepted).toBeLessThanOrEqual(granted);
          expect(world.generations).toBeLessThanOrEqual(10);
        }
      }),
      SEED,
    );
  });

  it('no more than 10 tokens lie unspent, over all instances', () => {
    fc.assert(
      fc.property(requests(['read', 'read', 'read', 'generate'], 300), (all) => {
        const world = new Simulation();
        for (const request of all) {
          world.request(request);
          expect(world.unspent()).toBeLessThanOrEqual(10);
        }
      }),
      SEED,
    );
  });

  it('one who stays below 90 requests in a window is never refused', () => {
    fc.assert(
      fc.property(requests(['read', 'write'], 1000), (all) => {
        const world = new Simulation();
        for (const request of all) {
          const isRunning = world.document && world.nowMs + request.afterMs < world.document.windowStartMs + RATE_LIMITS.windowMs;
          if (isRunning && world.accepted >= 89) break;
          expect(world.request(request)).toBe(true);
        }
      }),
      SEED,
    );
  });

  it('all 100 can be used: who has been refused has no token left anywhere but in other instances', () => {
    fc.assert(
      fc.property(requests(['read'], 0), (all) => {
        const world = new Simulation();
        const refused = all.some((request) => !world.request(request));
        if (refused) expect(world.accepted + world.unspent()).toBe(100);
      }),
      SEED,
    );
  });
});

describe('One instance', () => {
  it('takes 1, 2, 4, then 8 tokens at a time: a burst of 100 costs 15 writes', () => {
    const world = new Simulation();
    const granted: number[] = [];
    for (let count = 0; count < 100; count += 1) {
      const before = world.granted;
      expect(world.request({ instance: 0, rate: 'read', afterMs: 1 })).toBe(true);
      if (world.granted > before) granted.push(world.granted - before);
    }
    expect(granted).toEqual([1, 2, 4, ...Array(11).fill(8), 5]);
    expect(world.writes).toBe(15);
    expect(world.request({ instance: 0, rate: 'read', afterMs: 1 })).toBe(false);
  });

  it('begins a new window with the first request after 60 s, and not a millisecond earlier', () => {
    const world = new Simulation();
    for (let count = 0; count < 100; count += 1) world.request({ instance: 0, rate: 'read', afterMs: 0 });
    expect(world.request({ instance: 0, rate: 'read', afterMs: 59_999 })).toBe(false);
    expect(world.request({ instance: 0, rate: 'read', afterMs: 1 })).toBe(true);
    expect(world.document).toEqual({ windowStartMs: START_MS + 60_000, granted: 1, generations: 0, leases: {} });
  });

  it('is told how much of the window is left', () => {
    const first = grantLease(undefined, { instanceId: 'ins_0', rate: 'read', nowMs: START_MS }, RATE_LIMITS);
    const second = grantLease(first.document, { instanceId: 'ins_0', rate: 'read', nowMs: START_MS + 20_000 }, RATE_LIMITS);
    expect([first.windowLeftMs, second.windowLeftMs]).toEqual([60_000, 40_000]);
  });

  it('that has had ten songs is refused an eleventh, and nothing else', () => {
    const world = new Simulation();
    const asked = (rate: CallerRate) => world.request({ instance: 0, rate, afterMs: 0 });
    expect(Array.from({ length: 12 }, () => asked('generate'))).toEqual([...Array(10).fill(true), false, false]);
    expect(asked('read')).toBe(true);
  });
});
