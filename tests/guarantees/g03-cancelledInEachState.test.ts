import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { cancelGeneration } from '../../functions/songs/cancelGeneration.ts';
import { deleteSong } from '../../functions/songs/deleteSong.ts';
import { sweep } from '../crashPoints/invariants.ts';
import { type Lane, openLane } from '../crashPoints/lane.ts';
import { ask, liveOn, type Remains, type Request, remainsOf, tokenOf } from '../shared/generation/inFlight.ts';

let lane: Lane;

beforeAll(async () => {
  lane = await openLane();
  lane.studio.clock.advance(60_000); // it stood still while the people signed up, and nobody's session begins before that
}, 60_000);

afterEach(async () => {
  lane.studio.sandbox.faults.delete();
  await sweep(lane);
});

afterAll(() => lane.close());

const PRICE = 3;
const BACK = { reserved: 1, settled: 0, released: 1 };
const SPENT = { reserved: 1, settled: 1, released: 0 };
const CANCELLED = { status: 200, state: 'cancelled' };
const ENDED = { status: 409, state: 'generation_ended' };

/** As the owner is answered: the state of the request, or the code of the refusal. */
async function cancel({ owner, generationId }: Request) {
  const { studio } = lane;
  const { status, body, problem } = await studio.service.call(cancelGeneration, { generationId }, { token: tokenOf(owner, studio) });
  return { status, state: problem?.code ?? body.generation.state };
}

async function remove({ owner }: Request, songId: string): Promise<number> {
  const { studio } = lane;
  return (await studio.service.call(deleteSong, { songId }, { token: tokenOf(owner, studio) })).status;
}

async function songIdsOf({ owner, generationId }: Request): Promise<string[]> {
  return (await owner.generation(generationId)).songs.map(({ songId }) => songId);
}

async function stateOf({ owner, generationId }: Request): Promise<string> {
  const { state, songs } = await owner.generation(generationId);
  return [state, ...songs.map((song) => song.state)].join(' ');
}

async function workUntil(request: Request, state: string): Promise<void> {
  await lane.studio.workUntil(async () => (await stateOf(request)) === state, { limitS: 60, stepS: 3 });
}

/** Works until nothing is due, bytes of songs that have gone included. */
async function finish(): Promise<void> {
  await liveOn(lane, async () => ({ how: 'done', steps: await lane.studio.runWorker() }));
}

async function until(holds: () => boolean): Promise<void> {
  for (const endMs = Date.now() + 10_000; !holds(); await new Promise((resolve) => setTimeout(resolve, 10)))
    if (Date.now() > endMs) throw new Error('it did not come to pass within 10 s');
}

interface Left {
  state: string;
  credits: Remains['credits'];
  songs?: number;
  /** Songs that the owner deleted, or that went with the request. */
  gone?: number;
  accepted?: number;
  charged?: Remains['provider']['charged'];
}

/** All that is left, and nothing else. */
async function expectLeft(request: Request, knownSongIds: string[], left: Left): Promise<void> {
  const { state, credits, songs = 0, gone = 0, accepted = 1, charged = { all: PRICE, lost: 0 } } = left;
  const ready = Array.from({ length: songs }, () => 'ready');
  expect(await remainsOf(lane, request, knownSongIds)).toEqual({
    state,
    songs: ready,
    credits,
    ledger: credits === BACK ? ['release', 'reserve'] : ['reserve', 'settle'],
    isBalanceExact: true,
    listed: { songs: ready, generations: [`true ${state}`] },
    gone: gone > 0 ? [404] : [],
    stored: {
      songs,
      media: { full: songs, empty: gone },
      work: ['generation done'],
      objects: [...ready.map(() => 'covers'), ...ready.map(() => 'songs')],
    },
    provider: { accepted, charged },
  });
}

describe('G3: a request that its owner cancels', () => {
  it('while it is queued costs nothing and orders nothing; a second time is a success', async () => {
    const request = await ask(lane);
    expect([await cancel(request), await cancel(request)]).toEqual([CANCELLED, CANCELLED]);
    await finish();
    expect(await cancel(request)).toEqual(CANCELLED);
    await expectLeft(request, [], { state: 'cancelled', credits: BACK, accepted: 0, charged: { all: 0, lost: 0 } });
  });

  it('while the order is on its way is spent, and the songs that the answer names never come to be', async () => {
    const { sandbox, clock, runWorker } = lane.studio;
    sandbox.faults.add({ name: 'slow', at: ['generate'], delayMs: 5_000 });
    const request = await ask(lane);
    const before = sandbox.calls().generate;
    const run = runWorker();
    await until(() => sandbox.calls().generate > before);
    expect([await cancel(request), sandbox.accepted() - request.acceptedBefore]).toEqual([CANCELLED, 0]);
    clock.advance(5_000);
    await run;
    await finish();
    await expectLeft(request, [], { state: 'cancelled', credits: SPENT, charged: { all: PRICE, lost: PRICE } });
  });

  it('when nobody knows whether the order was taken is spent at once, and the possible loss is counted once', async () => {
    lane.studio.sandbox.faults.add({ name: 'acceptedThenCut' });
    const request = await ask(lane);
    await lane.studio.runWorker();
    expect([await stateOf(request), await cancel(request)]).toEqual(['unknown', CANCELLED]);
    lane.studio.clock.advance(11 * 60_000);
    await finish();
    await expectLeft(request, [], { state: 'cancelled', credits: SPENT, charged: { all: PRICE, lost: PRICE } });
  });

  it('while its songs are made is spent, and both are gone at once', async () => {
    const request = await ask(lane);
    await workUntil(request, 'submitted making making');
    const songIds = await songIdsOf(request);
    expect([await cancel(request), await cancel(request)]).toEqual([CANCELLED, CANCELLED]);
    for (const songId of songIds) expect(await remove(request, songId)).toBe(200); // it has gone already
    await finish();
    await expectLeft(request, songIds, { state: 'cancelled', credits: SPENT, gone: 2 });
  });

  it('by deleting both of its songs while they are made is spent', async () => {
    const request = await ask(lane);
    await workUntil(request, 'submitted making making');
    const songIds = await songIdsOf(request);
    for (const songId of songIds) expect(await remove(request, songId)).toBe(200);
    expect([await stateOf(request), await cancel(request)]).toEqual(['cancelled', CANCELLED]);
    await finish();
    await expectLeft(request, songIds, { state: 'cancelled', credits: SPENT, gone: 2 });
  });

  it('while one song is ready and the other is made is refused, and both come', async () => {
    const request = await ask(lane);
    await untilOneIsReady(request);
    expect(await cancel(request)).toEqual(ENDED);
    await finish();
    expect(await cancel(request)).toEqual(ENDED);
    await expectLeft(request, await songIdsOf(request), { state: 'ready', credits: SPENT, songs: 2 });
  });

  it('after it has failed is refused; its songs can be deleted, and the credit stays where it is', async () => {
    lane.studio.sandbox.faults.add({ name: 'failBoth' });
    const request = await ask(lane);
    await workUntil(request, 'failed failed failed');
    expect(await cancel(request)).toEqual(ENDED);
    const songIds = await songIdsOf(request);
    for (const songId of songIds) expect([await remove(request, songId), await cancel(request)]).toEqual([200, ENDED]);
    await finish();
    await expectLeft(request, songIds, { state: 'failed', credits: BACK, gone: 2 });
  });

  it('many times at the same moment, while its songs are deleted and two workers store them, is spent once', async () => {
    const { studio } = lane;
    const request = await ask(lane);
    await workUntil(request, 'submitted making making');
    const songIds = await songIdsOf(request);
    studio.clock.advance(3_000);
    const workers = [studio.runWorker(), studio.runWorker()];
    const answers = await Promise.all([cancel(request), ...songIds.map((id) => remove(request, id)), cancel(request), cancel(request)]);
    await Promise.all(workers);
    await finish();
    const state = (await stateOf(request)) === 'ready' ? 'ready' : 'cancelled';
    expect(answers.map((answer) => (typeof answer === 'number' ? answer : answer.state))).toEqual(
      answers.map((answer) => (typeof answer === 'number' ? 200 : state === 'cancelled' ? 'cancelled' : 'generation_ended')),
    );
    await expectLeft(request, songIds, { state, credits: SPENT, gone: 2 });
  });
});

/** The first song is left out of the provider's answers until the second is ready. */
async function untilOneIsReady(request: Request): Promise<string[]> {
  const { sandbox } = lane.studio;
  sandbox.faults.add({ name: 'forgetsFirst', at: ['tasks'] });
  await workUntil(request, 'ready making ready');
  sandbox.faults.delete();
  return await songIdsOf(request);
}

describe('G3: a song that its owner deletes while one is ready and the other is made', () => {
  it.each<[string, number[]]>([
    ['the one in the making: it never comes, and the ready one stays', [0]],
    ['the ready one: it goes, and the other one comes', [1]],
    ['both: nothing is left of either, and the credit is spent', [0, 1]],
    ['both, the ready one first: the same', [1, 0]],
  ])('is %s', async (_which, order) => {
    const request = await ask(lane);
    const songIds = await untilOneIsReady(request);
    for (const at of order) expect(await remove(request, songIds[at] ?? '')).toBe(200);
    expect(await cancel(request)).toEqual(ENDED);
    await finish();
    for (const at of order) expect(await remove(request, songIds[at] ?? '')).toBe(200); // it has gone already
    await finish();
    await expectLeft(request, songIds, { state: 'ready', credits: SPENT, songs: 2 - order.length, gone: order.length });
  });

  it('while the bytes of both trickle in: within a third of a lease nobody stores it any more', async () => {
    const { studio } = lane;
    const request = await ask(lane);
    await workUntil(request, 'submitted making making');
    const [first = '', second = ''] = await songIdsOf(request);
    studio.sandbox.faults.add({ name: 'drip', at: ['audio'] });
    studio.clock.advance(3_000);
    const before = studio.sandbox.calls().audio;
    const run = studio.runWorker();
    await until(() => studio.sandbox.calls().audio === before + 2);
    expect(await remove(request, first)).toBe(200);
    studio.sandbox.faults.delete();
    studio.clock.advance(20_000);
    await run;
    await finish();
    await expectLeft(request, [first, second], { state: 'ready', credits: SPENT, songs: 1, gone: 1 });
  });
});
