import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { cancelGeneration, deleteSong } from '#shared/generation';
import { dueAtOf, type Listener, newListener } from '../shared/generation/listener.ts';
import { openStudio, type Studio } from '../support/studio.ts';

let studio: Studio;
let mina: Listener;

beforeAll(async () => {
  studio = await openStudio();
  mina = await newListener(studio);
});

afterEach(async () => {
  studio.sandbox.faults.delete();
  const { balance, sum } = await mina.credits();
  expect(balance).toBe(sum);
});
afterAll(() => studio.close());

const RELEASED = { reserved: 1, settled: 0, released: 1 };
const SETTLED = { reserved: 1, settled: 1, released: 0 };

function now(): Date {
  return new Date(studio.clock.now());
}

function finishUp(generationId: string): Promise<number> {
  return studio.workUntil(async () => (await dueAtOf(generationId)) === undefined, { limitS: 300, stepS: 15 });
}

async function askAndSubmit(): Promise<string> {
  const generationId = await mina.ask();
  await studio.runWorker();
  return generationId;
}

/** Asks, lets `meanwhile` happen, brings it to its end, and says how the credit went. */
async function creditAfter(meanwhile: (generationId: string) => Promise<unknown>, generationId: string) {
  const { balance } = await mina.credits();
  await meanwhile(generationId);
  await finishUp(generationId);
  const { state, credits } = await mina.generation(generationId);
  return { state, credits, events: await mina.creditEvents(generationId), back: (await mina.credits()).balance - balance };
}

describe('G3: the credit of a request', () => {
  it('goes back when both songs fail', async () => {
    studio.sandbox.faults.add({ name: 'failBoth', times: 1 });
    const end = await creditAfter(() => Promise.resolve(), await askAndSubmit());
    expect(end).toEqual({ state: 'failed', credits: RELEASED, events: ['release', 'reserve'], back: 1 });
  });

  it.each(['failA', 'failB'] as const)('is spent when one of the songs comes (%s)', async (name) => {
    studio.sandbox.faults.add({ name, times: 1 });
    const end = await creditAfter(() => Promise.resolve(), await askAndSubmit());
    expect(end).toEqual({ state: 'ready', credits: SETTLED, events: ['reserve', 'settle'], back: 0 });
  });

  it('is spent once when both songs come', async () => {
    const end = await creditAfter(() => Promise.resolve(), await askAndSubmit());
    expect(end).toEqual({ state: 'ready', credits: SETTLED, events: ['reserve', 'settle'], back: 0 });
  });

  it('goes back when it is cancelled while it is queued, and nothing is ordered', async () => {
    const accepted = studio.sandbox.accepted();
    const end = await creditAfter((id) => cancelGeneration(id, now()), await mina.ask());
    expect(end).toEqual({ state: 'cancelled', credits: RELEASED, events: ['release', 'reserve'], back: 1 });
    expect(studio.sandbox.accepted()).toBe(accepted);
  });

  it('is spent when it is cancelled later, once, however often that is asked for at the same moment', async () => {
    const cancelOften = (id: string) => Promise.all(Array.from({ length: 5 }, () => cancelGeneration(id, now())));
    const end = await creditAfter(cancelOften, await askAndSubmit());
    expect(end).toEqual({ state: 'cancelled', credits: SETTLED, events: ['reserve', 'settle'], back: 0 });
  });

  it('is spent when the songs are deleted one after the other while they are made: the last one is a late cancel', async () => {
    const generationId = await askAndSubmit();
    const { songs } = await mina.generation(generationId);
    const end = await creditAfter(async () => {
      for (const { songId } of songs) await deleteSong({ ownerId: mina.uid, songId, generationId }, now());
    }, generationId);
    expect(end).toEqual({ state: 'cancelled', credits: SETTLED, events: ['reserve', 'settle'], back: 0 });
  });

  it('is spent when one song has failed and the other one is deleted while it is made', async () => {
    studio.sandbox.faults.add({ name: 'failA', times: 1 });
    const generationId = await askAndSubmit();
    await studio.workUntil(async () => (await mina.generation(generationId)).songs[0]?.state === 'failed', { limitS: 10, stepS: 1 });
    const second = (await mina.generation(generationId)).songs[1];
    expect(second?.state).toBe('making');
    const end = await creditAfter(
      (id) => deleteSong({ ownerId: mina.uid, songId: second?.songId ?? '', generationId: id }, now()),
      generationId,
    );
    expect(end).toEqual({ state: 'cancelled', credits: SETTLED, events: ['reserve', 'settle'], back: 0 });
    expect(await mina.songs(generationId)).toEqual([]);
  });

  it('is spent when one song is deleted while it is made and the other one comes', async () => {
    const generationId = await askAndSubmit();
    const [first] = (await mina.generation(generationId)).songs;
    const end = await creditAfter(
      (id) => deleteSong({ ownerId: mina.uid, songId: first?.songId ?? '', generationId: id }, now()),
      generationId,
    );
    expect(end).toEqual({ state: 'ready', credits: SETTLED, events: ['reserve', 'settle'], back: 0 });
    expect((await mina.generation(generationId)).songs).toHaveLength(1);
  });

  it('changes no more when songs are deleted after they came', async () => {
    const generationId = await askAndSubmit();
    await finishUp(generationId);
    const { songs } = await mina.generation(generationId);
    const end = await creditAfter(
      (id) => Promise.all(songs.map(({ songId }) => deleteSong({ ownerId: mina.uid, songId, generationId: id }, now()))),
      generationId,
    );
    expect(end).toEqual({ state: 'ready', credits: SETTLED, events: ['reserve', 'settle'], back: 0 });
  });
});
