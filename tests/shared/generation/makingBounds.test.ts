/** How time goes by from the provider's acceptance to the cover. What becomes of a song under each fault stands in faultTable.ts. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { FaultRequest } from '../../../scripts/local/sandbox/index.ts';
import { openStudio, type Studio } from '../../support/studio.ts';
import { dueAtOf, type Listener, newListener } from './listener.ts';

let studio: Studio;
let mina: Listener;

beforeAll(async () => {
  studio = await openStudio();
  mina = await newListener(studio);
});

afterEach(() => studio.sandbox.faults.delete());
afterAll(() => studio.close());

/** The provider has made the songs by then. */
const MADE_MS = 12_000;

async function askAndSubmit(...faults: FaultRequest[]): Promise<string> {
  for (const fault of faults) studio.sandbox.faults.add(fault);
  const generationId = await mina.ask();
  await studio.runWorker();
  expect((await mina.generation(generationId)).state).toBe('submitted');
  return generationId;
}

async function states(generationId: string): Promise<string[]> {
  return (await mina.generation(generationId)).songs.map(({ state }) => state);
}

function untilNoneIsMaking(generationId: string, limitS: number, stepS = 3): Promise<number> {
  return studio.workUntil(async () => !(await states(generationId)).includes('making'), { limitS, stepS });
}

function untilAllIsDone(generationId: string, stepS = 15): Promise<number> {
  return studio.workUntil(async () => (await dueAtOf(generationId)) === undefined, { limitS: 300, stepS });
}

const SETTLED = { reserved: 1, settled: 1, released: 0 };

describe('asking the provider how a song stands', () => {
  it('happens after 3 s, then less and less often, at most every 15 s, both songs in one request', async () => {
    const generationId = await askAndSubmit({ name: 'neverFinishes', times: 1 });
    const from = studio.sandbox.requests().length;
    const startMs = studio.clock.now();
    for (let s = 0; s < 70; s += 1) {
      studio.clock.advance(1_000);
      await studio.runWorker();
    }
    const polls = studio.sandbox
      .requests()
      .slice(from)
      .filter(({ place }) => place === 'tasks');
    expect(polls.map(({ at }) => (at - startMs) / 1000)).toEqual([3, 8, 15, 26, 41, 56]);
    expect(polls.every(({ query }) => query['ids']?.split(',').length === 2)).toBe(true);
    await untilNoneIsMaking(generationId, 900, 60);
  });

  it('forgives faults that pass', async () => {
    const generationId = await askAndSubmit({ name: 'status500', at: ['tasks'], times: 2 }, { name: 'forgetsFirst', times: 3 });
    await untilNoneIsMaking(generationId, 90);
    expect(await mina.generation(generationId)).toMatchObject({ state: 'ready', credits: SETTLED });
    expect(await states(generationId)).toEqual(['ready', 'ready']);
  });

  it('tells in the words of the provider why one of two songs has failed, and the other one is ready', async () => {
    const generationId = await askAndSubmit({ name: 'failA', times: 1, text: 'the drummer left' });
    await untilNoneIsMaking(generationId, 60);
    const generation = await mina.generation(generationId);
    expect(generation).toMatchObject({ state: 'ready', failure: null, credits: SETTLED });
    expect(generation.songs.map(({ state, failure }) => [state, failure?.code])).toEqual([
      ['failed', 'provider_failed'],
      ['ready', undefined],
    ]);
    expect(generation.songs[0]?.failure?.detail).toContain('the drummer left');
    expect((await mina.songs(generationId)).map(({ state }) => state)).toEqual(['failed', 'ready']);
  });
});

describe('fetching the sound', () => {
  it('succeeds when only the first try was bad', async () => {
    const generationId = await askAndSubmit({ name: 'audioTruncated', times: 2 });
    studio.clock.advance(MADE_MS);
    await untilNoneIsMaking(generationId, 60);
    expect(await states(generationId)).toEqual(['ready', 'ready']);
  });
});

describe('the cover', () => {
  it('that never comes is drawn two minutes after the song is ready, and keeps nobody waiting before', async () => {
    const generationId = await askAndSubmit({ name: 'coverNever', times: 1 });
    await untilNoneIsMaking(generationId, 30);
    expect((await mina.songs(generationId)).map(({ hasCover }) => hasCover)).toEqual([false, false]);
    const seconds = await untilAllIsDone(generationId);
    expect(seconds).toBeGreaterThan(100);
    expect(seconds).toBeLessThan(150);
    expect((await mina.songs(generationId)).map(({ hasCover }) => hasCover)).toEqual([true, true]);
  });
});
