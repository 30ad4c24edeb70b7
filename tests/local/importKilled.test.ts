import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { mono11k } from '../shared/songs/mp3Files.ts';
import { type ImportTarget, openImportTarget, outcomeOf, type State } from './importHarness.ts';

/** Several runs of the program, one after the other, on a machine that may be busy. */
const LIMIT_MS = 90_000;
const SONG_COUNT = 10;
const numbers = Array.from({ length: SONG_COUNT }, (_, index) => index);
const description = {
  source: 'former',
  users: [0, 1, 2].map((number) => ({
    ...{ id: `u${number}`, email: `u${number}@sori.example`, displayName: `User ${number}`, password: 'long enough' },
    createdAt: '2024-01-01T00:00:00Z',
  })),
  songs: numbers.map((number) => ({
    ...{ id: `s${number}`, ownerId: `u${number % 3}`, title: `Song ${number}`, audio: 'sound.mp3', cover: 'cover.png' },
    createdAt: '2024-02-01T00:00:00Z',
  })),
};

async function files(): Promise<Record<string, Buffer>> {
  const cover = sharp({ create: { width: 20, height: 20, channels: 3, background: '#336699' } });
  return { 'sound.mp3': mono11k, 'cover.png': await cover.png().toBuffer() };
}

async function importOnce(target: ImportTarget): Promise<State> {
  const { status, faults } = await target.run(await target.describe(description, await files()));
  expect({ status, faults }).toEqual({ status: 0, faults: [] });
  return target.state();
}

/** Kills the import, which cannot notice, as soon as the condition holds. */
async function killWhen(target: ImportTarget, child: ChildProcess, condition: (state: State) => boolean): Promise<State> {
  const ended = outcomeOf(child);
  let state = await target.state();
  while (!condition(state) && child.exitCode === null) {
    await sleep(10);
    state = await target.state();
  }
  child.kill('SIGKILL');
  expect((await ended).status).toBeNull();
  return target.state();
}

const count = (documents: object, prefix: string) => Object.keys(documents).filter((path) => path.startsWith(prefix)).length;
const songsIn = ({ documents }: State) => count(documents, 'songs/');

describe('an import that is killed', () => {
  const targets: ImportTarget[] = [];
  let inOneRun: State;
  const open = async () => {
    targets.push(await openImportTarget());
    return targets.at(-1)!;
  };

  beforeAll(async () => {
    inOneRun = await importOnce(await open());
  }, LIMIT_MS);

  afterAll(() => Promise.all(targets.map((target) => target.close())));

  const moments: [string, (state: State) => boolean][] = [
    // Not earlier: transactions that are cut off keep their locks for a minute, and the next run would wait for them.
    ['when its accounts have documents', ({ documents }) => count(documents, 'userPrivate/') === 3],
    ['at its first object', ({ objects }) => Object.keys(objects).length > 0],
    ['between its songs', (state) => songsIn(state) >= 2],
  ];

  it.each(moments)(
    '%s and repeated gives the same as one that was not',
    async (_name, condition) => {
      const target = await open();
      const file = await target.describe(description, await files());
      const atDeath = await killWhen(target, target.start([file]), condition);
      expect(songsIn(atDeath)).toBeLessThan(SONG_COUNT);
      expect(await importOnce(target)).toEqual(inOneRun);
    },
    LIMIT_MS,
  );

  it(
    'while another one runs does not harm what that one brings in',
    async () => {
      const target = await open();
      const file = await target.describe(description, await files());
      const first = target.start([file]);
      const second = outcomeOf(target.start([file]));
      await killWhen(target, first, (state) => songsIn(state) >= 2);
      expect((await second).faults).toEqual([]);
      const { objects, ...rest } = await importOnce(target);
      // Staged bytes of a song that the other run has finished: nobody reads them, and the daily sweep takes them.
      const published = Object.entries(objects).filter(([name]) => !name.startsWith('staging/'));
      expect({ ...rest, objects: Object.fromEntries(published) }).toEqual(inOneRun);
    },
    LIMIT_MS,
  );
});
