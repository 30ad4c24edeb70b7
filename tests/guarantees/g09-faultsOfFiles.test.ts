import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { database } from '#shared/runtime';
import type { FaultName } from '../../scripts/local/sandbox/index.ts';
import { answeringSlowly } from '../shared/generation/answeringSlowly.ts';
import { endsAt } from '../shared/generation/faultTable.ts';
import { countedDownloads, coversOf, type Listener, newListener, taskIdsOf } from '../shared/generation/listener.ts';
import { openStudio, type Studio } from '../support/studio.ts';

const AUDIO = endsAt('audio');
const COVER = endsAt('cover');

/** On a machine that does ten things at once. */
const LONGEST_MS = 150_000;

let studio: Studio;
let mina: Listener;
const audioIds = new Map<FaultName, string>();
const coverIds = new Map<FaultName, string>();
/** Songs that nothing strikes. */
let wholeId: string;

/** Waits so long for a file: the only time that is real here. */
const downloads = { tries: 3, withinMs: 30_000, timeoutMs: 1_500, mostBytes: 1_000_000 };
const bounds = { downloads, coverTimeoutMs: 1_000, coverBytes: 1_000_000 };

/** When the worker runs: seconds after the provider has accepted all songs. */
const RUNS_S = [12, 22, 32, 45, 75, 105, 140, 170];

/** All songs are finished at the same moment; then each file of theirs is struck by its own fault, again and again, until they have ended. */
beforeAll(async () => {
  studio = await openStudio();
  mina = await newListener(studio);
  const db = await database();
  await db.doc('settings/service').set({ providerCreditsPerDay: 1_000_000 });
  wholeId = await mina.ask();
  for (const [name] of AUDIO) audioIds.set(name, await mina.ask());
  for (const [name] of COVER) coverIds.set(name, await mina.ask());
  await studio.runWorker({ bounds });
  for (const [name, id] of audioIds) await strike(name, 'audio', id);
  for (const [name, id] of coverIds) await strike(name, 'cover', id);
  for (const [name] of endsAt('preview')) studio.sandbox.faults.add({ name, at: ['preview'] });
  const startMs = studio.clock.now();
  for (const runS of RUNS_S) {
    studio.clock.advance(Math.max(0, startMs + runS * 1000 - studio.clock.now())); // slow answers have moved it on, too
    await answeringSlowly(studio, studio.runWorker({ bounds }));
  }
}, LONGEST_MS);

afterAll(() => studio.close());

async function strike(name: FaultName, place: 'audio' | 'cover', generationId: string): Promise<void> {
  for (const taskId of await taskIdsOf(generationId)) studio.sandbox.faults.add({ name, at: [place], match: `/${taskId}.` });
}

async function soundRequests(generationId: string): Promise<number[]> {
  const paths = studio.sandbox.requests().map(({ path }) => path);
  return (await taskIdsOf(generationId)).map((taskId) => paths.filter((path) => path === `/files/${taskId}.mp3`).length);
}

async function seen(generationId: string) {
  const { state, failure, songs, credits } = await mina.generation(generationId);
  return { state, code: failure?.code, songs: songs.map((song) => song.failure?.code ?? song.state), credits };
}

const READY = { state: 'ready', code: undefined, songs: ['ready', 'ready'], credits: { reserved: 1, settled: 1, released: 0 } };
const BAD = {
  ...{ state: 'failed', code: 'provider_bad_audio', songs: ['provider_bad_audio', 'provider_bad_audio'] },
  credits: { reserved: 1, settled: 0, released: 1 },
};

describe('G9: a song of which every download is struck', () => {
  it.each(AUDIO)('by %s is made, or asked for only so often: %s', async (name, end) => {
    const id = audioIds.get(name) ?? '';
    expect(await seen(id)).toEqual(end === 'made' ? READY : BAD);
    expect(await mina.creditEvents(id)).toEqual(end === 'made' ? ['reserve', 'settle'] : ['release', 'reserve']);
    if (end === 'made') return;
    const tries = Math.min(end, downloads.tries);
    expect(await countedDownloads(id)).toEqual([tries, tries]);
    const requests = await soundRequests(id);
    expect(Math.min(...requests)).toBe(end);
    expect(Math.max(...requests)).toBeLessThanOrEqual(end + end / tries); // a try of which the count could not be stored is made again
  });

  it('leaves no bytes behind when it has failed', async () => {
    const failed = AUDIO.filter(([, end]) => end !== 'made').map(([name]) => audioIds.get(name) ?? '');
    const songIds = await Promise.all(failed.map(async (id) => (await mina.generation(id)).songs.map(({ songId }) => songId)));
    expect(await studio.storage.namesOf(songIds.flat())).toEqual([]);
  });

  it('is fetched from no preview', () => {
    expect(studio.sandbox.calls().preview).toBe(0);
  });
});

describe('G9: a song of which every cover is struck', () => {
  it.each(COVER)('by %s is ready all the same, and its cover is %s', async (name, end) => {
    const id = coverIds.get(name) ?? '';
    expect(await seen(id)).toEqual(READY);
    const [covers, whole] = [await coversOf(id), await coversOf(wholeId)];
    expect(covers.every(Boolean)).toBe(true);
    expect(covers.map((cover, index) => cover === whole[index])).toEqual(end === 'kept' ? [true, true] : [false, false]);
  });

  it('asks for one that is not there at most every 15 s, and no more when its time is over', async () => {
    const [first] = await taskIdsOf(coverIds.get('cover404') ?? '');
    const requests = studio.sandbox.requests().filter(({ path }) => path === `/covers/${first}.jpg`);
    const pauses = requests.slice(1).map(({ at }, index) => at - (requests[index]?.at ?? 0));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(2_000); // while the other song is fetched, a little more often
    expect(requests.length).toBeLessThanOrEqual(10);
  });
});

it('G9: the books are right after all that', async () => {
  const { balance, sum } = await mina.credits();
  expect(balance).toBe(sum);
});
