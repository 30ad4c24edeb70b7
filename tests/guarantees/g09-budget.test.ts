import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { advanceGenerations, cancelGeneration, type Worker } from '#shared/generation';
import { dayOf, endOfDay } from '#shared/limits';
import { database } from '#shared/runtime';
import { createSong } from '../../functions/songs/createSong.ts';
import { type Listener, newListener } from '../shared/generation/listener.ts';
import { keepLogLines } from '../shared/generation/logLines.ts';
import { askTimes, endTrouble, newWorker, orderingBy, runInTurn } from '../shared/generation/trouble.ts';
import { openStudio, type Studio } from '../support/studio.ts';

process.env['LOG_LEVEL'] = 'info';
const lines = keepLogLines();

/** Of the provider's credits, which is what the budget counts. */
const SONG = 3;
const HOUR_MS = 3_600_000;

let studio: Studio;
let mina: Listener;
let first: Worker;
let second: Worker;

beforeAll(async () => {
  studio = await openStudio();
  mina = await newListener(studio);
  // A day that ends in the middle of a test would be another test.
  if (endOfDay(now()).getTime() - studio.clock.now() < HOUR_MS / 2) studio.clock.advance(HOUR_MS / 2);
  first = newWorker(studio);
  second = newWorker(studio);
});

afterEach(async () => {
  await endTrouble(studio);
  const db = await database();
  await db.doc(today()).delete();
  lines.forget();
});

afterAll(async () => {
  lines.stop();
  await studio.close();
});

function now(): Date {
  return new Date(studio.clock.now());
}

function today(): string {
  return `quotas/service_${dayOf(now())}`;
}

async function allow(credits: number): Promise<void> {
  const db = await database();
  await db.doc('settings/service').set({ providerCreditsPerDay: credits });
}

async function used(): Promise<number> {
  const db = await database();
  return Number((await db.doc(today()).get()).get('providerCredits') ?? 0);
}

async function isOpen(): Promise<boolean> {
  const db = await database();
  return (await db.doc('dependencies/budget').get()).get('isUp') !== false;
}

/** One request after the other, sent by the workers in turn. */
async function order(times: number): Promise<string[]> {
  const ids: string[] = [];
  for (let time = 0; time < times; time += 1) {
    ids.push(await mina.ask());
    await advanceGenerations(time % 2 === 0 ? first : second);
  }
  return ids;
}

function runLater(ms: number): Promise<void> {
  return runInTurn(studio, [first, second], ms / 1000, ms / 1000);
}

describe("G9: the service's budget of the provider's credits", () => {
  it('warns the operator once when 80 % of it are used, and tells him once that all of it is', async () => {
    await allow(5 * SONG);
    await order(3);
    expect(lines.of('provider_budget')).toEqual([]);
    await order(1);
    expect(lines.of('provider_budget')).toEqual([expect.objectContaining({ severity: 'WARNING', used: 12, limit: 15 })]);
    expect(lines.of('provider_budget_spent')).toEqual([]);
    await order(3);
    expect(lines.of('provider_budget')).toHaveLength(1);
    expect(lines.of('provider_budget_spent')).toEqual([expect.objectContaining({ severity: 'ERROR', used: 15, limit: 15 })]);
    expect(await used()).toBe(15);
  });

  it('closes generation when it is spent, with the reason, and opens it within a minute when the operator allows more', async () => {
    await allow(2 * SONG);
    await order(2);
    studio.clock.advance(10_000);
    const { status, problem } = await studio.service.call(createSong, { prompt: 'boats' }, { token: mina.token });
    expect({ status, code: problem?.code }).toEqual({ status: 503, code: 'feature_unavailable' });
    expect(problem).toMatchObject({ feature: 'generation', reason: 'budget' });

    await runLater(60_000);
    expect(await isOpen()).toBe(false);
    await allow(3 * SONG);
    await runLater(60_000);
    expect(await isOpen()).toBe(true);
    studio.clock.advance(10_000);
    expect((await studio.service.call(createSong, { prompt: 'boats' }, { token: mina.token })).status).toBe(202);
  });

  it('closes it also when the operator allows less than is used already', async () => {
    await allow(10 * SONG);
    await order(2);
    await allow(SONG);
    const { generate } = studio.sandbox.calls();
    await order(1);
    expect([await isOpen(), studio.sandbox.calls().generate - generate]).toEqual([false, 0]);
    expect(lines.of('provider_budget_spent')).toHaveLength(1);
  });

  it('counts an order that was cancelled on its way', async () => {
    await allow(SONG);
    const id = await mina.ask();
    const unwanted = orderingBy(first, async (...given) => {
      const accepted = await first.provider.submit(...given);
      await cancelGeneration(id, now());
      return accepted;
    });
    await advanceGenerations(unwanted);
    expect([await used(), await isOpen()]).toEqual([SONG, false]);
  });

  it('is not overdrawn by a worker that has many orders on their way', async () => {
    await allow(2 * SONG);
    const { generate } = studio.sandbox.calls();
    const slow = orderingBy(first, async (...given) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return first.provider.submit(...given);
    });
    await askTimes(mina, 12);
    await advanceGenerations(slow);
    await runLater(10_000);
    expect(studio.sandbox.calls().generate - generate).toBe(2);
    expect(await used()).toBe(2 * SONG);
  });

  it('lets what was asked for before wait ten minutes, and then fail for that reason with the credit back', async () => {
    await allow(SONG);
    const [, id = ''] = await order(2);
    for (let minute = 0; minute < 9; minute += 1) await runLater(60_000);
    expect((await mina.generation(id)).state).toBe('queued');
    for (let half = 0; half < 2; half += 1) await runLater(30_000);
    expect(await mina.generation(id)).toMatchObject({
      state: 'failed',
      failure: { code: 'service_budget_spent' },
      credits: { reserved: 1, settled: 0, released: 1 },
    });
    expect(await mina.creditEvents(id)).toEqual(['release', 'reserve']);
  });

  it('begins anew with the next day', async () => {
    await allow(SONG);
    await order(1);
    expect(await isOpen()).toBe(false);
    await runLater(endOfDay(now()).getTime() - studio.clock.now() - 1);
    expect(await isOpen()).toBe(false);
    await runLater(1);
    expect([await isOpen(), await used()]).toEqual([true, 0]);
    const [id = ''] = await order(1);
    expect((await mina.generation(id)).state).toBe('submitted');
  });
});
