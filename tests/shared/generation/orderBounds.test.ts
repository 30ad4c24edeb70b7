/** The bounds of making a song (DESIGN §7), row by row, as far as ordering it goes. The clock is moved by hand. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { availability } from '#shared/access';
import { dayOf } from '#shared/limits';
import { ProviderFault } from '#shared/music';
import { database } from '#shared/runtime';
import type { FaultRequest } from '../../../scripts/local/sandbox/index.ts';
import { openStudio, type Studio } from '../../support/studio.ts';
import { type Listener, newListener } from './listener.ts';

let studio: Studio;
let mina: Listener;
/** Gives up waiting for an answer so soon: the only time that is real here. */
const bounds = { submitMs: 400 };

beforeAll(async () => {
  studio = await openStudio();
  mina = await newListener(studio);
  const db = await database();
  await db.doc('settings/service').set({ providerCreditsPerDay: 1_000_000 });
});

afterEach(async () => {
  studio.sandbox.faults.delete();
  const db = await database();
  await db.doc('dependencies/provider').delete();
  await db.doc('dependencies/budget').delete();
  studio.clock.advance(11_000); // past what processes remember of them
});
afterAll(() => studio.close());

async function stateOf(generationId: string): Promise<string> {
  return (await mina.generation(generationId)).state;
}

async function generationIsOpen() {
  return (await availability(studio.clock)).features.generation;
}

async function isEnded(generationId: string): Promise<boolean> {
  return ['ready', 'failed', 'cancelled'].includes(await stateOf(generationId));
}

/** Asks once, lets the fault strike, and gives the worker so long to bring it to an end. */
async function askUnder(fault: FaultRequest | undefined, { limitS = 0, stepS = 30 } = {}) {
  if (fault) studio.sandbox.faults.add(fault);
  const [calls, accepted] = [studio.sandbox.calls().generate, studio.sandbox.accepted()];
  const generationId = await mina.ask();
  const seconds = await studio.workUntil(() => isEnded(generationId), { limitS, stepS, worker: { bounds } });
  const { state, failure, credits } = await mina.generation(generationId);
  const { generate } = studio.sandbox.calls();
  return {
    generationId,
    seconds,
    state,
    code: failure?.code,
    detail: failure?.detail,
    credits,
    sent: generate - calls,
    taken: studio.sandbox.accepted() - accepted,
  };
}

const RELEASED = { reserved: 1, settled: 0, released: 1 };

describe('an order whose outcome nobody knows', () => {
  it.each<FaultRequest['name']>([
    ...(['silence', 'cut', 'status500', 'status503', 'html502', 'acceptedThenSilence', 'acceptedThenCut'] as const),
    ...(['acceptedThen500', 'acceptedThen502', 'cutJson', 'emptyBody', 'missingData', 'endlessBody', 'noIds'] as const),
  ])('after "%s" is unknown, is never sent again, and fails ten minutes after it was written down, with the credit back', async (name) => {
    const answer = await askUnder({ name, at: ['generate'] }, { limitS: 600, stepS: 100 });
    expect(answer).toMatchObject({ state: 'failed', code: 'provider_outcome_unknown', credits: RELEASED, sent: 1, seconds: 600 });
    expect(await mina.creditEvents(answer.generationId)).toEqual(['release', 'reserve']);
  });

  it('is counted as charged by the provider, and as perhaps charged for nothing', async () => {
    const db = await database();
    const day = db.doc(`quotas/service_${dayOf(new Date(studio.clock.now()))}`);
    const before = (await day.get()).data() ?? { providerCredits: 0, unknownCredits: 0 };
    await askUnder({ name: 'acceptedThenCut' }, { limitS: 600, stepS: 100 });
    const after = (await day.get()).data() ?? {};
    // The day may end meanwhile: then its count begins anew, and there is nothing to compare.
    if (dayOf(new Date(studio.clock.now())) === day.id.slice('service_'.length)) {
      expect(after['providerCredits'] - before['providerCredits']).toBe(3);
      expect(after['unknownCredits'] - before['unknownCredits']).toBe(3);
    }
  });
});

describe('an order that the provider does not take', () => {
  it.each<[FaultRequest, string]>([
    [{ name: 'invalidParameter', text: 'Invalid request parameter: style contains an artist name' }, 'artist name'],
    [{ name: 'schema422' }, 'Input should be one of the models'],
  ])('for what is in it fails at once, in words for the person: %j', async (fault, words) => {
    const answer = await askUnder(fault);
    expect(answer).toMatchObject({ state: 'failed', code: 'provider_rejected', credits: RELEASED, sent: 1, taken: 0 });
    expect(answer.detail).toContain(words);
  });

  it('for lack of credit fails at once, keeps others from being sent, and generation opens when the balance probe sees credit', async () => {
    studio.sandbox.faults.add({ name: 'outOfCredit', times: 1, at: ['generate'] });
    studio.sandbox.faults.add({ name: 'status500', at: ['keyInfo'] });
    const first = await mina.ask();
    await studio.runWorker({ bounds });
    expect(await mina.generation(first)).toMatchObject({ state: 'failed', failure: { code: 'provider_out_of_credit' }, credits: RELEASED });

    studio.clock.advance(11_000);
    expect(await generationIsOpen()).toEqual({ available: false, reason: 'provider' });
    const sent = studio.sandbox.calls().generate;
    const waiting = await mina.ask(); // it had been let in a moment before
    await studio.workUntil(async () => studio.sandbox.calls().keyInfo > 0, { stepS: 10, worker: { bounds } });
    expect(await stateOf(waiting)).toBe('queued');
    expect(studio.sandbox.calls().generate).toBe(sent);

    studio.sandbox.faults.delete();
    const seconds = await studio.workUntil(() => isEnded(waiting), { stepS: 10, worker: { bounds } });
    expect(await stateOf(waiting)).toBe('ready');
    expect(seconds).toBeLessThanOrEqual(120);
    expect(await generationIsOpen()).toEqual({ available: true, reason: null });
  });

  it.each<FaultRequest['name']>(['keyRefused401', 'keyRefused403', 'keyRefusedInBody'])(
    'for our key fails as refused, and closes generation: %s',
    async (name) => {
      const answer = await askUnder({ name, times: 1, at: ['generate'] });
      expect(answer).toMatchObject({ state: 'failed', code: 'provider_refused', credits: RELEASED, taken: 0 });
      const db = await database();
      expect((await db.doc('dependencies/provider').get()).get('isUp')).toBe(false);
    },
  );
});

describe('an order that certainly did not arrive', () => {
  it('because there were too many (429) goes back to the queue, waits as long as was said, and is made then', async () => {
    studio.sandbox.faults.add({ name: 'status429', retryAfterS: 90, times: 1, at: ['generate'] });
    const generationId = await mina.ask();
    await studio.runWorker({ bounds });
    expect(await stateOf(generationId)).toBe('queued');
    const sent = studio.sandbox.calls().generate;
    studio.clock.advance(89_000);
    await studio.runWorker({ bounds });
    expect(studio.sandbox.calls().generate).toBe(sent);
    await studio.workUntil(() => isEnded(generationId), { worker: { bounds } });
    expect(await stateOf(generationId)).toBe('ready');
  });

  it('because there are always too many fails after ten minutes as unavailable', async () => {
    const answer = await askUnder({ name: 'status429', at: ['generate'] }, { limitS: 600, stepS: 20 });
    expect(answer).toMatchObject({ state: 'failed', code: 'provider_unavailable', credits: RELEASED, taken: 0 });
    expect(answer.seconds).toBeGreaterThan(530);
    expect(answer.sent).toBeGreaterThan(8);
  });

  it('because nobody is there is tried again for ten minutes and fails as unavailable', async () => {
    const generationId = await mina.ask();
    const submit = () => Promise.reject(new ProviderFault('never_left', { reason: 'ECONNREFUSED' }));
    const seconds = await studio.workUntil(() => isEnded(generationId), {
      limitS: 600,
      stepS: 20,
      worker: { bounds, provider: { ...studio.provider, submit } },
    });
    expect(await mina.generation(generationId)).toMatchObject({
      state: 'failed',
      failure: { code: 'provider_unavailable' },
      credits: RELEASED,
    });
    expect(seconds).toBeGreaterThan(530);
  });
});

describe("the service's budget of provider credits", () => {
  it('closes generation for the day when it is spent, and opens it when an operator allows more', async () => {
    const db = await database();
    const used = (await db.doc(`quotas/service_${dayOf(new Date(studio.clock.now()))}`).get()).get('providerCredits') ?? 0;
    await db.doc('settings/service').set({ providerCreditsPerDay: used + 3 });
    const generationId = await mina.ask();
    await studio.runWorker({ bounds });
    expect(await stateOf(generationId)).toBe('submitted');
    studio.clock.advance(11_000);
    expect(await generationIsOpen()).toEqual({ available: false, reason: 'budget' });

    await db.doc('settings/service').set({ providerCreditsPerDay: 1_000_000 });
    studio.clock.advance(61_000);
    await studio.runWorker({ bounds });
    studio.clock.advance(11_000);
    expect(await generationIsOpen()).toEqual({ available: true, reason: null });
  });
});
