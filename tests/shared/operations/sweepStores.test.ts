/** Whose the stores are, what they are called, and how much one run does. */
import { mkdir, rename, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fileIdOf, readFileRecords } from '#shared/files';
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

  it('removes nothing from a store of another database, and says so, until its mark is gone', async () => {
    const name = await giveOrphans();
    await mark(stores.bucket, 'projects/production/databases/(default)\n');
    const imageId = newId('img');
    await stores.put(stores.bucket, `uploads/${imageId}`);
    await (await database()).doc(`uploads/${imageId}`).set({ expireAt: new Date(stores.clock.now()) });
    stores.clock.advance(2 * DAY_MS);
    const before = await stores.namesIn(stores.bucket);
    const expected = { isDone: true, stagedRemoved: 1, audioRemoved: 1, uploadsRemoved: 0, uploadRecordsRemoved: 1, storesRefused: 1 };
    expect(await sweep({}, true)).toMatchObject(expected);
    expect(await sweep()).toMatchObject(expected);
    expect(await stores.namesIn(stores.bucket)).toEqual(before);
    expect(await stores.disk.find(name)).toBeUndefined();
    await stores.bucket.delete(MARK);
    expect(await sweep()).toMatchObject({ stagedRemoved: 1, audioRemoved: 1, uploadsRemoved: 1, storesRefused: 0 });
    expect(await markOf(stores.bucket)).toBe(ownDatabase());
  });

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
