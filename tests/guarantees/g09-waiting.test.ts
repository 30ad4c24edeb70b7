import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { advanceGenerations, type Worker } from '#shared/generation';
import { ProviderFault } from '#shared/music';
import { database } from '#shared/runtime';
import type { FaultName } from '../../scripts/local/sandbox/index.ts';
import { dueAtOf, type Listener, newListener } from '../shared/generation/listener.ts';
import { endTrouble, newWorker, orderingBy, runInTurn } from '../shared/generation/trouble.ts';
import { openStudio, type Studio } from '../support/studio.ts';

let studio: Studio;
let mina: Listener;
let worker: Worker;

beforeAll(async () => {
  studio = await openStudio();
  mina = await newListener(studio);
  worker = newWorker(studio);
});

afterEach(() => endTrouble(studio));
afterAll(() => studio.close());

/** The provider is left alone, and no probe opens it. */
async function close(): Promise<void> {
  const db = await database();
  const changedAt = new Date(studio.clock.now());
  await db.doc('dependencies/provider').set({ isUp: false, why: 'order_fails', unproven: ['order'], changedAt });
}

function run(seconds: number, stepS?: number, own = worker): Promise<void> {
  return runInTurn(studio, [own], seconds, stepS);
}

async function stateOf(id: string): Promise<string> {
  return (await mina.generation(id)).state;
}

async function orderUnder(name: FaultName): Promise<string> {
  studio.sandbox.faults.add({ name, at: ['generate'], times: 1 });
  const id = await mina.ask();
  await advanceGenerations(worker);
  return id;
}

const UNAVAILABLE = {
  ...{ state: 'failed', failure: { code: 'provider_unavailable' } },
  credits: { reserved: 1, settled: 0, released: 1 },
};

describe('G9: a request that waits for the provider', () => {
  it.each([
    ['the longest', 1, [2, 4, 8, 16, 32, 60, 60, 60]],
    ['the shortest', 0, [1, 2, 4, 8, 16, 30, 30, 30]],
  ])('is looked at after growing pauses, by chance up to half shorter: %s', async (_what, random, pausesS) => {
    await close();
    const id = await mina.ask();
    const found: number[] = [];
    for (const _ of pausesS) {
      await advanceGenerations({ ...worker, world: { ...worker.world, random: () => random } });
      const dueAtMs = (await dueAtOf(id))?.getTime() ?? 0;
      found.push((dueAtMs - studio.clock.now()) / 1000);
      studio.clock.advance(dueAtMs - studio.clock.now());
    }
    expect(found).toEqual(pausesS);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['is left alone', close],
    ['answers that there are too many requests', () => Promise.resolve(studio.sandbox.faults.add({ name: 'status429', at: ['generate'] }))],
    ['is not reached', () => Promise.resolve()],
  ])('fails within ten minutes as unavailable, with its credit back, when it %s all the while', async (what, begin) => {
    await begin();
    const nobody = () => Promise.reject(new ProviderFault('never_left', { reason: 'ECONNREFUSED' }));
    const own = what === 'is not reached' ? orderingBy(worker, nobody) : worker;
    const accepted = studio.sandbox.accepted();
    const id = await mina.ask();
    await run(540, 45, own);
    expect(await stateOf(id)).toBe('queued');
    await run(60, 15, own);
    expect(await mina.generation(id)).toMatchObject(UNAVAILABLE);
    expect(await mina.creditEvents(id)).toEqual(['release', 'reserve']);
    expect(studio.sandbox.accepted()).toBe(accepted);
  });

  it('waits as long as the provider says after "too many requests", and is made then', async () => {
    studio.sandbox.faults.add({ name: 'status429', retryAfterS: 90, times: 1, at: ['generate'] });
    const id = await mina.ask();
    await advanceGenerations(worker);
    const { generate } = studio.sandbox.calls();
    await run(89, 89);
    expect([await stateOf(id), studio.sandbox.calls().generate]).toEqual(['queued', generate]);
    await run(1, 1);
    expect([await stateOf(id), studio.sandbox.calls().generate]).toEqual(['submitted', generate + 1]);
  });

  it('fails at once when the provider wants to be left alone for longer than it may wait', async () => {
    studio.sandbox.faults.add({ name: 'status429', retryAfterS: 3_600, at: ['generate'] });
    const id = await mina.ask();
    await advanceGenerations(worker);
    expect(await mina.generation(id)).toMatchObject(UNAVAILABLE);
  });
});

describe('G9: a song that is being made', () => {
  it('is not asked for before the provider says so after "too many requests", which is no failure of its', async () => {
    const id = await mina.ask();
    await advanceGenerations(worker);
    studio.sandbox.faults.add({ name: 'status429', retryAfterS: 40, times: 1, at: ['tasks'] });
    await run(3);
    const { tasks } = studio.sandbox.calls();
    await run(39);
    expect(studio.sandbox.calls().tasks).toBe(tasks);
    await run(1, 1);
    expect(studio.sandbox.calls().tasks).toBe(tasks + 1);
    expect(await stateOf(id)).toBe('ready');
    const db = await database();
    expect((await db.doc('dependencies/provider').get()).exists).toBe(false);
  });

  it('is given up after its 15 minutes, and a cover is drawn after its two, however long the provider wants to be left alone', async () => {
    const covered = await orderUnder('coverNever');
    const lost = await orderUnder('neverFinishes');
    await run(18);
    expect(await stateOf(covered)).toBe('ready');
    studio.sandbox.faults.add({ name: 'status429', retryAfterS: 86_400, at: ['tasks'] });
    await run(122, 61);
    await run(755, 755);
    expect([await dueAtOf(covered), await stateOf(lost)]).toEqual([undefined, 'submitted']);
    expect((await mina.songs(covered)).map(({ hasCover }) => hasCover)).toEqual([true, true]);
    await run(10, 5);
    expect(await mina.generation(lost)).toMatchObject({ state: 'failed', failure: { code: 'provider_timeout' } });
  });
});
