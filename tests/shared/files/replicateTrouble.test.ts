/** A directory and a bucket, whose server dies and comes back while files are carried, and a database that is cut off meanwhile. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type MediaStore, mediaStores } from '#shared/media';
import { closeDatabase, database as connect } from '#shared/runtime';
import { openTcpProxy, type TcpProxy } from '../../faults/tcpProxy.ts';
import { emulators } from '../../support/emulators.ts';
import { announceSeed, limitMs, runs, seed } from '../../support/runs.ts';
import { useOwnProject } from '../../support/service.ts';
import { BUCKET, type MortalStorage, openMortalStorage } from '../media/mortalStorage.ts';
import { copiesOf, discard, namesIn, recordOf, replicate, storeFile } from './someFiles.ts';

const SONGS = 8;
/** More than it takes. */
const MOST_RUNS = 60;

interface Trouble {
  who: 'bucket' | 'database';
  afterMs: number;
  downMs: number;
}

let root: string;
let storage: MortalStorage;
let database: TcpProxy;
let local: MediaStore;
let bucket: MediaStore;

beforeAll(async () => {
  announceSeed('replication in trouble');
  root = await mkdtemp(join(tmpdir(), 'sori-trouble-'));
  storage = await openMortalStorage();
  useOwnProject({ ...storage.settings, MEDIA_STORES: `local:${join(root, 'media')},gcs:${BUCKET}` });
  database = await openTcpProxy(emulators().firestoreHost);
  process.env['FIRESTORE_EMULATOR_HOST'] = database.host;
  [local, bucket] = mediaStores() as [MediaStore, MediaStore];
}, 60_000);

afterAll(async () => {
  await closeDatabase();
  await database?.close();
  await storage?.close();
  await rm(root, { recursive: true, force: true });
});

async function strike({ who, afterMs, downMs }: Trouble): Promise<void> {
  await wait(afterMs);
  if (who === 'database') database.cut();
  else storage.kill();
  await wait(downMs);
  if (who === 'database') database.join();
  else await storage.restart();
}

/** Runs follow each other, whatever becomes of them, until one finds nothing to do. @returns whether one did */
async function carryOn(): Promise<boolean> {
  for (let run = 0; run < MOST_RUNS; run += 1) {
    const count = await replicate().catch(() => undefined);
    if (count && count.copied + count.deleted + count.failed === 0) return true;
    await wait(20); // longer than any pause of a file
  }
  return false;
}

async function livesThrough(troubles: Trouble[], life: number): Promise<void> {
  const songs = Array.from({ length: SONGS }, (_, index) => `sng_${life}_${index}`);
  for (const [index, song] of songs.entries()) await storeFile(song, index % 2 === 0 ? local : bucket);
  const [deleted = '', ...kept] = songs;
  await discard(deleted);
  const carrying = carryOn();
  for (const trouble of troubles) await strike(trouble);
  await carrying;
  expect(await carryOn()).toBe(true);
  for (const song of kept) {
    const { objects, dueAt } = (await recordOf(song))!;
    expect([dueAt, objects[0]!.storeIds.toSorted(), await copiesOf(objects[0]!)]).toEqual([null, [bucket.id, local.id], ['good', 'good']]);
  }
  expect(await recordOf(deleted)).toBeUndefined();
  for (const store of [local, bucket]) {
    const names = await namesIn(store, 'songs/');
    expect(names.map((name) => name.split('/')[1])).toEqual(kept);
    for (const name of await namesIn(store)) expect(name).toMatch(/^(songs|staging)\//);
    for (const name of names) await store.delete(name);
  }
}

it(
  'Whenever the bucket is killed and the database cut off, in the end both stores have every file, whole, and none that was deleted',
  async () => {
    const trouble = fc.record({
      who: fc.constantFrom('bucket' as const, 'database' as const),
      afterMs: fc.nat(150),
      downMs: fc.nat(300),
    });
    const { numRuns } = runs(4);
    const lives = fc.sample(fc.array(trouble, { minLength: 2, maxLength: 4 }), { seed, numRuns });
    for (const [life, troubles] of lives.entries()) await livesThrough(troubles, life);
  },
  limitMs(120_000),
);

it('A bucket that says nothing holds a run up no longer than a few files may take, and nothing that the directory can do by itself', async () => {
  const songs = Array.from({ length: 20 }, (_, index) => `sng_silent_${index}`);
  for (const song of songs) await storeFile(song, local);
  await storeFile('sng_deleted', local);
  await discard('sng_deleted');
  storage.proxy.silence();
  const startedAtMs = Date.now();
  expect(await replicate({ fileMs: 1_000, backoffMs: LONG })).toEqual({ copied: 0, deleted: 0, failed: 21 });
  expect(Date.now() - startedAtMs).toBeLessThan(4_000); // one after the other, four side by side, they would take more than 5 s
  for (const song of songs) expect(await recordOf(song)).toMatchObject({ tries: 1, objects: [{ storeIds: [local.id] }] });
  expect(await namesIn(local, 'songs/sng_deleted/')).toEqual([]);
  storage.proxy.speak();
  await makeAllDue();
  expect(await carryOn()).toBe(true);
  for (const song of songs) expect(await copiesOf((await recordOf(song))!.objects[0]!)).toEqual(['good', 'good']);
  expect(await recordOf('sng_deleted')).toBeUndefined();
}, 30_000);

/** Nothing comes up twice in a run. */
const LONG = { first: 60_000, factor: 1, most: 60_000 };

async function makeAllDue(): Promise<void> {
  const db = await connect();
  for (const { ref } of (await db.collection('files').where('dueAt', '>', new Date(0)).get()).docs) await ref.update({ dueAt: new Date() });
}
