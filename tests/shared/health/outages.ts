/** What G8 promises of each setting of `MEDIA_STORES`, as checks. Each setting has a test file of its own: a process reads it once. */
import { expect } from '@jest/globals';
import { deleteSong } from '../../../functions/songs/deleteSong.ts';
import { streamSong } from '../../../functions/songs/streamSong.ts';
import { fromSomewhere } from '../../support/fromSomewhere.ts';
import { isLong } from '../../support/runs.ts';
import { callEach, type Prepared, prepareCalls, whileTimePasses } from './callEach.ts';
import { ROWS, type Situation } from './featureTable.ts';
import { GOAL_S, type Scene } from './scene.ts';
import type { StorageFault } from './storageHouse.ts';

/** Called while something else than the key is wrong; `npm run test:long` calls all. */
const SAMPLE = [
  'createSong',
  'startUpload',
  'getPlayback',
  'streamSong',
  'getSong',
  'listSongs',
  'getProfile',
  'getSettings',
  'checkHealth',
];

/** All ways in which a bucket can fail. @param usual - those that are tried in a usual run */
export function faultsToTry(...usual: StorageFault[]): StorageFault[] {
  return isLong ? ['refused', '503', 'hangs', '403', 'no bucket'] : usual;
}

/** In hybrid, what works goes on from the disk. */
function isHybrid({ stores }: Scene): boolean {
  return stores.length > 1;
}

/** What `callEach` says when the table holds. */
function asInTable(scene: Scene, said: [name: string, said: string | null][]): [string, string | null][] {
  const situation: Situation = isHybrid(scene) ? 'GCS down, hybrid' : 'GCS down, one bucket';
  return said.map(([name]) => [name, ROWS[name]?.[situation] ?? null]);
}

async function prepare(scene: Scene, isMeant: (name: string) => boolean): Promise<Prepared[]> {
  const prepared = await prepareCalls(scene.storage, ({ name }) => isMeant(name));
  await scene.storage.replicate();
  return prepared;
}

/** Breaks the key, and calls every function there is. */
export async function checkBadKey(scene: Scene): Promise<void> {
  await scene.askAndWait();
  await scene.makeReadySongs();
  const prepared = await prepare(scene, () => true);
  expect(await scene.reasons()).toEqual([null, null]);
  await scene.break('bad key');
  await scene.untilClosed('bad key');
  const said = await callEach(scene.storage, prepared);
  expect(said).toEqual(asInTable(scene, said));
  expect(said.length).toBe(scene.storage.house.service.endpoints.length);
}

/** @returns status and problem of a song that was ready before */
export async function listen(scene: Scene): Promise<[status: number, detail: string | undefined]> {
  const { status, problem } = await scene.storage.house.service.call(streamSong, { songId: scene.heard }, { headers: fromSomewhere() });
  return [status, problem?.detail];
}

export async function checkDelete(scene: Scene): Promise<void> {
  const token = await scene.mina.tokenFor('deleteSong');
  const answer = await scene.storage.house.service.call(deleteSong, { songId: scene.deleted }, { token, headers: fromSomewhere() });
  expect([answer.status, answer.body]).toEqual([200, { deleted: true }]);
}

/** @returns the state of the song that was under way when the storage broke */
export async function work(scene: Scene): Promise<string> {
  await scene.runWorker();
  return scene.stateOf(scene.underWay);
}

export async function checkRepairedKey(scene: Scene): Promise<void> {
  await scene.repair();
  expect(await scene.untilOver('bad key')).toBeLessThanOrEqual(GOAL_S);
  const said = await callEach(scene.storage, await prepare(scene, (name) => SAMPLE.includes(name)));
  expect(said).toEqual(said.map(([name]) => [name, null]));
}

export async function checkDeleted(scene: Scene): Promise<void> {
  scene.storage.clock.advance(120_000); // nobody can be at work on it any more
  await scene.secondsUntil('bad key, then rid of what was deleted', async () => (await scene.namesOf(scene.deleted)).length === 0);
  expect(await scene.namesOf(scene.heard)).toHaveLength(scene.stores.length);
}

/** Breaks and repairs the key while one run of the worker goes on, which nothing else keeps going. */
export async function checkOneRun(scene: Scene): Promise<void> {
  await scene.untilIdle();
  await scene.askAndWait();
  await scene.break('bad key');
  const run = whileTimePasses(scene.storage, scene.storage.runWorker({}), 10);
  while ((await scene.stateOf(scene.underWay)) !== 'archiving') await new Promise((resolve) => setTimeout(resolve, 10));
  await scene.repair();
  await run;
  expect(await scene.stateOf(scene.underWay)).toBe('ready');
}

/** Repairs a bucket that hangs at the worst moment: when the worker is in the middle of its last try, which goes on hanging. */
export async function checkLastTry(scene: Scene): Promise<void> {
  const { storage } = scene;
  await scene.untilIdle();
  await scene.askAndWait();
  await scene.break('hangs');
  const before = storage.hangingCount();
  const run = scene.runWorker();
  const twoSongsTwice = 4; // requests: of each song the first has been left by then
  while (storage.hangingCount() < before + twoSongsTwice) await new Promise((resolve) => setTimeout(resolve, 10));
  await scene.repair();
  const startedAt = storage.clock.now();
  await run;
  expect(await scene.stateOf(scene.underWay)).toBe('archiving');
  const triedS = (storage.clock.now() - startedAt) / 1000;
  const readyS = await scene.secondsUntil(
    `hangs, repaired in the last try, which goes on for ${triedS}, then ready`,
    async () => (await scene.stateOf(scene.underWay)) === 'ready',
  );
  expect(triedS + readyS).toBeLessThanOrEqual(GOAL_S);
}

export async function checkFault(scene: Scene, fault: StorageFault): Promise<void> {
  await scene.askAndWait();
  const prepared = await prepare(scene, (name) => isLong || SAMPLE.includes(name));
  try {
    await scene.break(fault);
    await scene.untilClosed(fault);
    const said = await callEach(scene.storage, prepared);
    expect(said).toEqual(asInTable(scene, said));
    expect(await work(scene)).toBe(isHybrid(scene) ? 'ready' : 'archiving');
  } finally {
    await scene.repair();
  }
  expect(await scene.untilOver(fault)).toBeLessThanOrEqual(GOAL_S);
  expect(await scene.ask()).toMatch(/^gen_/);
}
