/** A breaker that all instances share: its rules alone, and then many instances at once on a real database. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { advanceGenerations, BOUNDS, createWorker, type Worker } from '#shared/generation';
import {
  afterFailure,
  afterSuccess,
  type BreakerState,
  changeBreaker,
  down,
  notTried,
  onTrial,
  readBreaker,
  trying,
  upAgain,
} from '#shared/limits';
import { ProviderFault } from '#shared/music';
import { closeDatabase, database, systemWorld } from '#shared/runtime';
import { askToTry, closeProvider, countFailure, countNothing, countSuccess, openGate } from '../../../shared/generation/providerGate.ts';
import { TestClock } from '../../support/clock.ts';
import { limitMs, runs } from '../../support/runs.ts';
import { useOwnProject } from '../../support/service.ts';

const BREAKER = BOUNDS.breaker;
const START_MS = Date.parse('2026-03-01T12:00:00Z');
const UP: BreakerState = {
  isUp: true,
  changedAt: null,
  triesAgainAt: null,
  why: null,
  unproven: [],
  isOnTrial: false,
  trialEndsAt: null,
  failures: [],
};

function at(seconds: number): Date {
  return new Date(START_MS + seconds * 1000);
}

function failing(calls: string[], pauseS: number): BreakerState {
  return calls.reduce((state, call, index) => afterFailure(state, call, at(index * pauseS), BREAKER), UP);
}

const DOWN = { ...UP, isUp: false, changedAt: at(4).toISOString(), why: 'order_fails', unproven: ['order'] };
const TRIAL = onTrial(DOWN, at(20));

describe('a breaker that is up', () => {
  it.each<[string, string[], number, BreakerState['isUp']]>([
    ['four failures', Array(4).fill('order'), 0, true],
    ['five failures at once', Array(5).fill('order'), 0, false],
    ['five failures within a minute', Array(5).fill('order'), 14, false],
    ['five failures within a little more than a minute', Array(5).fill('order'), 15, true],
    ['ten failures, never five within a minute', Array(10).fill('order'), 15, true],
    ['five failures of both kinds', ['order', 'follow', 'follow', 'order', 'follow'], 1, false],
  ])('after %s %#', (_what, calls, pauseS, isUp) => {
    expect(failing(calls, pauseS).isUp).toBe(isUp);
  });

  it('goes down with what has failed to be proved again, and says why', () => {
    const state = failing(['order', 'follow', 'follow', 'order', 'follow'], 1);
    expect(state).toEqual({ ...DOWN, why: 'follow_fails', unproven: ['order', 'follow'] });
  });

  it('forgets the failures of a call that succeeds, and not those of another', () => {
    const four = failing(['order', 'follow', 'order', 'follow'], 1);
    expect(afterSuccess(four, 'order', at(5)).failures.map(({ call }) => call)).toEqual(['follow', 'follow']);
    const again = afterFailure(afterSuccess(failing(Array(4).fill('order'), 1), 'order', at(5)), 'order', at(6), BREAKER);
    expect(again).toMatchObject({ isUp: true, failures: [{ call: 'order', failedAt: at(6).toISOString() }] });
  });

  it('writes nothing after a success, and needs no trial', () => {
    expect(afterSuccess(UP, 'order', at(1))).toBe(UP);
    expect(trying(UP, at(1), BREAKER)).toBe(UP);
    expect(onTrial(UP, at(1))).toBe(UP);
    expect(upAgain(UP, at(1))).toBe(UP);
  });

  it('goes down at once for a refusal', () => {
    const cause = { why: 'refused', unproven: ['order'] };
    expect(down(UP, cause, at(3))).toEqual({ ...DOWN, ...cause, changedAt: at(3).toISOString() });
  });
});

describe('a breaker that is down', () => {
  it('hears nothing of calls that were on their way', () => {
    expect(afterFailure(DOWN, 'order', at(9), BREAKER)).toBe(DOWN);
    expect(afterSuccess(DOWN, 'order', at(9))).toBe(DOWN);
    expect(down(DOWN, { why: 'order_fails', unproven: [] }, at(9))).toBe(DOWN);
  });

  it('lets nobody try', () => {
    expect(trying(DOWN, at(9), BREAKER)).toBeUndefined();
  });

  it('takes a second reason, and then both have to be proved', () => {
    const both = down({ ...DOWN, unproven: ['follow'] }, { why: 'refused', unproven: ['order'] }, at(9));
    expect(both).toEqual({ ...DOWN, why: 'refused', unproven: ['follow', 'order'], changedAt: at(9).toISOString() });
  });
});

describe('a breaker on trial', () => {
  it('lets one try, and the next when that one has ended or has died', () => {
    const taken = trying(TRIAL, at(20), BREAKER)!;
    expect(taken.trialEndsAt).toBe(at(80).toISOString());
    expect(trying(taken, at(79), BREAKER)).toBeUndefined();
    expect(trying(taken, at(80), BREAKER)).toMatchObject({ trialEndsAt: at(140).toISOString() });
    expect(trying(notTried(taken, taken.trialEndsAt), at(21), BREAKER)).toMatchObject({ trialEndsAt: at(81).toISOString() });
    expect(notTried(taken, at(79).toISOString())).toBe(taken);
  });

  it('is up again when all that had failed has succeeded', () => {
    expect(afterSuccess(TRIAL, 'order', at(21))).toEqual({ ...UP, changedAt: at(21).toISOString() });
    const both = { ...TRIAL, unproven: ['order', 'follow'] };
    expect(afterSuccess(both, 'follow', at(21))).toEqual({ ...TRIAL, unproven: ['order'] });
    expect(afterSuccess(TRIAL, 'follow', at(21))).toBe(TRIAL);
  });

  it('is down again after any failure, and what was to be proved still is', () => {
    expect(afterFailure(TRIAL, 'follow', at(21), BREAKER)).toMatchObject({ isUp: false, unproven: ['order', 'follow'] });
  });

  it('stays tried through another fall, while the one who tries waits for his answer', () => {
    const taken = trying(TRIAL, at(20), BREAKER)!;
    const again = onTrial(afterFailure(taken, 'follow', at(21), BREAKER), at(36));
    expect(trying(again, at(37), BREAKER)).toBeUndefined();
  });
});

/** One order that is on its way, in whatever process. */
interface Order {
  trialEndsAt: string | null;
  endsAtMs: number;
  /** It left while the breaker was on trial, and that has not ended well since. */
  isTrial: boolean;
}

const RESULTS = ['fails', 'succeeds', 'refused', 'says nothing'] as const;
const aStep = fc.oneof(
  fc.record({ kind: fc.constant('leaves' as const), who: fc.nat(3) }),
  fc.record({ kind: fc.constant('ends' as const), who: fc.nat(3), result: fc.constantFrom(...RESULTS) }),
  fc.record({ kind: fc.constantFrom('pollFails', 'pollSucceeds', 'probeSucceeds') }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 500, 5_000, 20_000) }),
);

describe('whatever happens in whatever order', () => {
  it('never two orders are on trial at once, and each state makes sense', () => {
    fc.assert(
      fc.property(fc.array(aStep, { maxLength: 120 }), (steps) => {
        const many = new Many();
        for (const step of steps) {
          many.take(step);
          expect(many.trials()).toBeLessThanOrEqual(1);
          const { isUp, isOnTrial, why, unproven, failures } = many.state;
          expect({ why: why !== null, unproven: unproven.length > 0 }).toEqual({ why: !isUp || isOnTrial, unproven: !isUp || isOnTrial });
          expect(failures.length).toBeLessThan(isUp && !isOnTrial ? BREAKER.failures : 1);
        }
      }),
      runs(500),
    );
  });
});

/** Several processes that share one breaker. An order takes 30 s at most. */
class Many {
  state: BreakerState = failing(Array(5).fill('order'), 0);
  #nowMs = START_MS;
  readonly #orders = new Map<number, Order>();

  trials(): number {
    return [...this.#orders.values()].filter(({ isTrial }) => isTrial).length;
  }

  take(step: { kind: string; who?: number; result?: (typeof RESULTS)[number]; ms?: number }): void {
    const { kind, who = 0, result = 'fails', ms = 0 } = step;
    const now = new Date(this.#nowMs);
    if (kind === 'leaves') this.#leave(who);
    else if (kind === 'ends') this.#end(who, result);
    else if (kind === 'pollFails') this.state = afterFailure(this.state, 'follow', now, BREAKER);
    else if (kind === 'pollSucceeds') this.state = afterSuccess(this.state, 'follow', now);
    else if (kind === 'probeSucceeds') this.state = onTrial(this.state, now);
    else this.#wait(ms);
    if (this.state.isUp && !this.state.isOnTrial) for (const order of this.#orders.values()) order.isTrial = false;
  }

  #leave(who: number): void {
    const taken = trying(this.state, new Date(this.#nowMs), BREAKER);
    if (!taken || this.#orders.has(who)) return;
    this.state = taken;
    this.#orders.set(who, { trialEndsAt: taken.trialEndsAt, endsAtMs: this.#nowMs + 30_000, isTrial: taken.isOnTrial });
  }

  #end(who: number, result: (typeof RESULTS)[number]): void {
    const order = this.#orders.get(who);
    if (!order) return;
    const now = new Date(this.#nowMs);
    const freed = notTried(this.state, order.trialEndsAt);
    this.#orders.delete(who);
    if (result === 'fails') this.state = afterFailure(freed, 'order', now, BREAKER);
    else if (result === 'succeeds') this.state = afterSuccess(freed, 'order', now);
    else if (result === 'refused') this.state = down(freed, { why: 'refused', unproven: ['order'] }, now);
    else this.state = freed;
  }

  #wait(ms: number): void {
    this.#nowMs += ms;
    for (const [who, { endsAtMs }] of this.#orders) if (endsAtMs <= this.#nowMs) this.#end(who, 'fails');
  }
}

describe('instances that share a breaker in the database', () => {
  const clock = new TestClock(START_MS);
  let worker: Worker;

  beforeAll(() => {
    useOwnProject({ MEDIA_STORES: 'local:/tmp/sori-never-written', TOPMEDIAI_BASE_URL: 'http://127.0.0.1:9' });
    const world = { ...systemWorld, clock };
    worker = createWorker({ world, signal: new AbortController().signal }, { ...BOUNDS, waitForDueMs: 0 });
  });

  afterAll(() => closeDatabase());

  async function isProbed(): Promise<boolean> {
    const db = await database();
    return (await db.doc('generationWork/probe_provider').get()).exists;
  }

  function probing(credits: number): Promise<unknown> {
    const getCredits = () => (credits > 0 ? Promise.resolve(credits) : Promise.reject(new ProviderFault('unavailable', { reason: 'x' })));
    return advanceGenerations({ ...worker, provider: { ...worker.provider, getCredits } });
  }

  const DOINGS = {
    pollFails: () => countFailure(worker, 'follow'),
    pollSucceeds: async () => countSuccess(worker, 'follow', await openGate(worker, [])),
    probeSucceeds: () => probing(7),
    probeFails: () => probing(0),
    ...{
      orderFails: ordering('fails'),
      orderSucceeds: ordering('succeeds'),
      tooMany: ordering('says nothing'),
      refused: ordering('refused'),
    },
  };

  /** One order of one instance, as `submit` makes it. */
  function ordering(result: (typeof RESULTS)[number]) {
    return async () => {
      const gate = await openGate(worker, []);
      const permit = gate.provider.isUp ? await askToTry(worker, gate) : undefined;
      if (!permit) return;
      if (result === 'fails') await countFailure(worker, 'order', permit);
      else if (result === 'succeeds') await countSuccess(worker, 'order', gate, permit);
      else if (result === 'refused') await closeProvider(worker, 'refused', permit);
      else await countNothing(permit);
    };
  }

  it(
    'close it exactly when they leave a probe that opens it again, however they meet',
    async () => {
      const names = Object.keys(DOINGS) as (keyof typeof DOINGS)[];
      const aWave = fc.record({
        pauseMs: fc.constantFrom(0, 15_000, 31_000, 61_000),
        doings: fc.array(fc.constantFrom(...names), { minLength: 2, maxLength: 3 }),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(aWave, { minLength: 4, maxLength: 4 }), async (waves) => {
          for (const { pauseMs, doings } of waves) {
            clock.advance(pauseMs);
            await Promise.all(doings.map((doing) => DOINGS[doing]()));
            expect((await readBreaker('provider')).isUp).toBe(!(await isProbed()));
          }
        }),
        runs(6),
      );
    },
    limitMs(60_000),
  );

  it('send one order while it is on trial, of four that ask at the same moment', async () => {
    await changeBreaker('provider', () => TRIAL);
    const gate = await openGate(worker, []);
    const permits = await Promise.all(Array.from({ length: 4 }, () => askToTry(worker, gate)));
    expect(permits.filter(Boolean)).toHaveLength(1);
  });

  it('send none when it has closed since they looked', async () => {
    await changeBreaker('provider', () => TRIAL);
    const gate = await openGate(worker, []);
    await countFailure(worker, 'follow');
    expect(await askToTry(worker, gate)).toBeUndefined();
  });

  it('take what an operator has written by hand into nonsense for up', async () => {
    const db = await database();
    await db.doc('dependencies/provider').set({ isUp: 'no', failures: 7 });
    expect(await readBreaker('provider')).toEqual(UP);
  });
});
