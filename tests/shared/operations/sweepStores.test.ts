/** Whose the stores are, what they are called, and how much one run does. */
import { mkdir, rename, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { claimStore, fileIdOf, readFileRecords } from '#shared/files';
import { type MediaStore, songObjectName } from '#shared/media';
import { SWEEP_BOUNDS, type SweepReport, sweepStorage } from '#shared/operations';
import { database, newId, systemWorld } from '#shared/runtime';
import { readSongMedia } from '#shared/songs';
import { sweepStorage as sweepEndpoint } from '../../../functions/scheduled/sweepStorage.ts';
import { countDocuments } from '../../support/countDocuments.ts';
import { given } from '../../support/given.ts';
import { openTwoStores, type TwoStores } from '../../support/twoStores.ts';
import { readAll } from '../media/someStores.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const MARK = 'sori/owner';

let stores: TwoStores;
let owner: string;

beforeAll(async () => {
  stores = await openTwoStores();
  owner = (await stores.house.newPeople()).owner.uid;
});
afterAll(() => stores.close());

function sweep(bounds: Partial<typeof SWEEP_BOUNDS> = {}, isDryRun = false): Promise<SweepReport> {
  const world = { ...systemWorld, clock: stores.clock };
  return sweepStorage({ world, signal: new AbortController().signal, bounds: { ...SWEEP_BOUNDS, ...bounds }, isDryRun });
}

const ownDatabase = () => `projects/${process.env['GOOGLE_CLOUD_PROJECT']}/databases/(default)`;

async function markOf(store: MediaStore): Promise<string> {
  return (await readAll((await store.open(MARK)).body)).toString();
}

async function mark(store: MediaStore, text: string): Promise<void> {
  await store.delete(MARK);
  await stores.put(store, MARK, Buffer.from(text));
}

function uploadTo(imageId: string): { storeId: string; name: string } {
  return { storeId: stores.bucket.id, name: `uploads/${imageId}` };
}

async function giveOrphans(): Promise<string> {
  const name = songObjectName(newId('sng'), 'a'.repeat(64));
  for (const store of [stores.disk, stores.bucket]) {
    await stores.put(store, name);
    await stores.stage(store, `staging/${newId('sng')}/audio-1`);
  }
  stores.clock.advance(2 * DAY_MS);
  return name;
}

describe('sweepStorage', () => {
  it('marks each store once as that of its database, and takes the mark for nobody’s leftover', async () => {
    expect(await sweep({}, true)).toMatchObject({ storesRefused: 0 });
    expect(await stores.bucket.find(MARK)).toBeUndefined();
    await sweep();
    expect([await markOf(stores.disk), await markOf(stores.bucket)]).toEqual([ownDatabase(), ownDatabase()]);
    stores.clock.advance(2 * DAY_MS);
    expect(await sweep()).toMatchObject({ isDone: true, foreignObjects: 0, stagedRemoved: 0, storesRefused: 0, failed: 0 });
    expect(await markOf(stores.bucket)).toBe(ownDatabase());
  });

  it('removes nothing from a store of another database, and says so, until it has changed hands', async () => {
    const name = await giveOrphans();
    await mark(stores.bucket, 'projects/production/databases/(default)\n');
    const imageId = newId('img');
    await stores.put(stores.bucket, `uploads/${imageId}`);
    await (await database()).doc(`uploads/${imageId}`).set({ ...uploadTo(imageId), expireAt: new Date(stores.clock.now()) });
    stores.clock.advance(2 * DAY_MS);
    const before = await stores.namesIn(stores.bucket);
    const expected = { isDone: true, stagedRemoved: 1, audioRemoved: 1, uploadsRemoved: 0, uploadRecordsRemoved: 0, storesRefused: 1 };
    expect(await sweep({}, true)).toMatchObject(expected);
    expect(await sweep()).toMatchObject(expected);
    expect(await stores.namesIn(stores.bucket)).toEqual(before);
    expect(await stores.disk.find(name)).toBeUndefined();
    await stores.bucket.delete(MARK);
    expect(await claimStore(stores.bucket, newId)).toBe(ownDatabase());
    const removed = { stagedRemoved: 1, audioRemoved: 1, uploadsRemoved: 1, uploadRecordsRemoved: 1 };
    expect(await sweep()).toMatchObject({ ...removed, storesRefused: 0 });
    expect(await markOf(stores.bucket)).toBe(ownDatabase());
  });

  it('marks a store without a mark in which it knows everything', async () => {
    const { songId } = await given.song({ owner });
    await given.image({ owner });
    await stores.replicate();
    await stores.stage(stores.bucket, `staging/${newId('sng')}/audio-1`);
    await stores.put(stores.bucket, 'readme.txt');
    await stores.bucket.delete(MARK);
    expect(await sweep()).toMatchObject({ storesRefused: 0, failed: 0 });
    expect(await markOf(stores.bucket)).toBe(ownDatabase());
    expect((await stores.namesIn(stores.bucket)).some((name) => name.includes(songId))).toBe(true);
    await stores.bucket.delete('readme.txt');
  });

  it.each([
    ['a song', () => songObjectName(newId('sng'), 'b'.repeat(64))],
    ['a picture', () => `images/${newId('img')}/${'b'.repeat(64)}.png`],
    ['an upload', () => `uploads/${newId('img')}`],
  ])(
    'claims no store without a mark that has %s which its database does not know: somebody else’s would look like that',
    async (_what, nameOf) => {
      await given.song({ owner });
      await stores.replicate();
      const name = nameOf();
      await stores.put(stores.bucket, name);
      await stores.bucket.delete(MARK);
      stores.clock.advance(2 * DAY_MS);
      const before = await stores.namesIn(stores.bucket);
      expect(await sweep({}, true)).toMatchObject({ isDone: true, storesRefused: 1 });
      expect(await sweep()).toMatchObject({ isDone: true, storesRefused: 1 });
      expect(await stores.namesIn(stores.bucket)).toEqual(before);
      await stores.bucket.delete(name);
      expect(await sweep()).toMatchObject({ storesRefused: 0 });
      expect(await markOf(stores.bucket)).toBe(ownDatabase());
    },
  );

  it('works a backlog off over several runs, none of which reads or writes more than its function says', async () => {
    for (let at = 0; at < 6; at += 1) await giveOrphans();
    const songs = await Promise.all(Array.from({ length: 6 }, () => given.song({ owner })));
    await stores.replicate();
    for (const { songId } of songs) await stores.bucket.delete((await readSongMedia(songId))!.audio!.name);
    stores.clock.advance(2 * DAY_MS);
    const reports: SweepReport[] = [];
    while (!reports.at(-1)?.isDone) {
      const spent = await countDocuments(async () => void reports.push(await sweep({ batch: 4, reads: 10, writes: 3 })));
      expect(spent.reads).toBeLessThanOrEqual(10 + 3_000);
      expect(spent.writes).toBeLessThanOrEqual(3 + 2_000);
      expect(reports.length).toBeLessThan(50);
    }
    expect(reports.length).toBeGreaterThan(4);
    const total = (name: 'audioRemoved' | 'stagedRemoved' | 'copiesLost') => reports.reduce((sum, report) => sum + report[name], 0);
    expect([total('audioRemoved'), total('stagedRemoved'), total('copiesLost')]).toEqual([12, 12, 6]);
    const { reads, writes } = SWEEP_BOUNDS;
    expect(reads + 3_000).toBeLessThanOrEqual(sweepEndpoint.budget.reads);
    expect(writes + 2_000).toBeLessThanOrEqual(sweepEndpoint.budget.writes);
    await stores.replicate();
  });

  it('finds a file in a store that its record does not name, and loses nothing', async () => {
    const { songId } = await given.song({ owner });
    const fileId = fileIdOf('audio', songId);
    await stores.replicate();
    const ref = (await database()).doc(`files/${fileId}`);
    const objects = (await ref.get()).get('objects') as { storeIds: string[] }[];
    await ref.update({ objects: objects.map((object) => ({ ...object, storeIds: ['gcs:its-old-name'] })) });
    expect(await sweep()).toMatchObject({ objectsLost: 0, copiesLost: 0, filesMadeDue: 1 });
    await stores.replicate();
    expect((await readFileRecords([fileId]))[0]).toMatchObject({
      objects: [{ storeIds: ['gcs:its-old-name', stores.disk.id, stores.bucket.id] }],
      dueAt: null,
    });
  });

  it('goes on with a store of which one file cannot be looked at', async () => {
    const songs = await Promise.all(Array.from({ length: 5 }, () => given.song({ owner })));
    await stores.replicate();
    const names = await Promise.all(songs.map(async ({ songId }) => (await readSongMedia(songId))!.audio!.name));
    for (const name of names.slice(1)) await stores.disk.delete(name);
    const description = join(stores.directory, `${names[0]}.~json`);
    const away = join(stores.directory, '.away');
    await rename(description, away);
    await mkdir(description); // what the disk says then is no answer about the store
    expect(await sweep()).toMatchObject({ copiesLost: 4, failed: 1 });
    await rmdir(description);
    await rename(away, description);
    await stores.replicate();
    expect(await sweep()).toMatchObject({ copiesLost: 0, failed: 0 });
  });
});

describe('sweepStorage, when it takes several runs', () => {
  beforeEach(async () => {
    stores.clock.advance(2 * DAY_MS);
    await sweep();
    await stores.replicate();
  });

  it('counts what no document names over all of them: of too much in a store nothing goes', async () => {
    for (let at = 0; at < 5; at += 1) await giveOrphans();
    const counts = { audioRemoved: 0, failed: 10, stagedRemoved: 10 };
    expect(sumOf(await sweepInRuns({ batch: 2, mostOrphans: 4 }))).toMatchObject(counts);
    expect(sumOf(await sweepInRuns({ batch: 2, mostOrphans: 5 }))).toMatchObject({ audioRemoved: 10, failed: 0 });
    expect(await sweep()).toMatchObject({ isDone: true, audioRemoved: 0, failed: 0 });
  });

  it('leaves a song alone that has got its documents since it was met', async () => {
    const { songId } = await given.song({ owner });
    const { name } = (await readSongMedia(songId))!.audio!;
    const db = await database();
    const refs = [`songs/${songId}`, `songMedia/${songId}`, `files/${fileIdOf('audio', songId)}`].map((path) => db.doc(path));
    const documents = await db.getAll(...refs);
    for (const ref of refs) await ref.delete();
    stores.clock.advance(2 * DAY_MS);
    const untilMet = async () => (await db.doc('jobRuns/sweepStorage').get()).get('position.orphans.names');
    do await sweep({ passMs: 0 });
    while ((await untilMet())?.length === 0);
    expect(await untilMet()).toEqual([name]);
    for (const document of documents) if (document.exists) await document.ref.set(document.data()!);
    expect(sumOf(await sweepInRuns({}))).toMatchObject({ audioRemoved: 0 });
    expect(await stores.disk.find(name)).toBeDefined();
  });

  it('stops and goes on also where nothing is to be done for long, and comes to the end', async () => {
    const young = Array.from({ length: 25 }, () => `staging/${newId('sng')}/audio-1`);
    await stores.put(stores.bucket, `uploads/${newId('img')}`);
    stores.clock.advance(2 * DAY_MS);
    for (const name of young) await stores.stage(stores.bucket, name);
    const reports = await sweepInRuns({ batch: 5 });
    expect(reports.length).toBeGreaterThan(5);
    expect(sumOf(reports)).toMatchObject({ uploadsRemoved: 1, stagedRemoved: 0 });
  });
});

/** Each ends as soon as it may, and the job's repetition goes on. */
async function sweepInRuns(bounds: Partial<typeof SWEEP_BOUNDS>): Promise<SweepReport[]> {
  const reports: SweepReport[] = [];
  while (!reports.at(-1)?.isDone) reports.push(await sweep({ ...bounds, passMs: 0 }));
  return reports;
}

function sumOf(reports: SweepReport[]): Record<string, number> {
  const names = Object.keys(reports[0]!) as (keyof SweepReport)[];
  return Object.fromEntries(names.map((name) => [name, reports.reduce((sum, report) => sum + Number(report[name]), 0)]));
}
