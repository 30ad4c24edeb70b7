/** What can be wrong with files, their stores and their records when they are carried on. */
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { type MediaStore, mediaStores } from '#shared/media';
import { closeDatabase, database } from '#shared/runtime';
import { replicateMedia } from '../../../functions/scheduled/replicateMedia.ts';
import { REPLICATION_BOUNDS } from '../../../shared/files/replicate.ts';
import { reportLost } from '../../../shared/files/store.ts';
import { buildNumbered } from '../../crashPoints/buildNumbered.ts';
import { startNumbered } from '../../crashPoints/numberedProcess.ts';
import { pointAt } from '../../crashPoints/pointAt.ts';
import { countDocuments } from '../../support/countDocuments.ts';
import { useOwnProject } from '../../support/service.ts';
import { bytesOf, copiesOf, discard, namesIn, recordOf, replicate, spoil, storeBytes, storeFile } from './someFiles.ts';

let root: string;
let first: MediaStore;
let second: MediaStore;
let songs = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sori-cases-'));
  useOwnProject({ MEDIA_STORES: `local:${join(root, 'first')},local:${join(root, 'second')}` });
  [first, second] = mediaStores() as [MediaStore, MediaStore];
});

afterEach(async () => {
  const db = await database();
  for (const { ref } of (await db.collection('files').get()).docs) await ref.delete();
  for (const store of [first, second]) for (const name of await namesIn(store)) await store.delete(name);
});

afterAll(async () => {
  await closeDatabase();
  await rm(root, { recursive: true, force: true });
});

async function newSong(): Promise<string> {
  songs += 1;
  await storeFile(`sng_${songs}`, first);
  return `sng_${songs}`;
}

async function stateOf(song: string) {
  const { objects, repairs, tries, dueAt } = (await recordOf(song))!;
  return { storeIds: objects[0]!.storeIds, copies: await copiesOf(objects[0]!), repairs, tries, isDue: dueAt !== null };
}

const WHOLE = { copies: ['good', 'good'], repairs: 0, tries: 0, isDue: false };

it('Three runs at once over the same files make each copy once, and the next one has nothing to do', async () => {
  for (let count = 0; count < 12; count += 1) await newSong();
  const counts = await Promise.all([1, 2, 3].map(() => replicate({ leaseMs: 120_000 })));
  expect(counts.reduce((sum, { copied }) => sum + copied, 0)).toBe(12);
  expect(counts.map(({ failed }) => failed)).toEqual([0, 0, 0]);
  for (let song = 1; song <= 12; song += 1) expect(await stateOf(`sng_${song}`)).toEqual({ ...WHOLE, storeIds: [first.id, second.id] });
  expect(await replicate()).toEqual({ copied: 0, deleted: 0, failed: 0 });
});

it('A file that is deleted in the middle of being copied leaves no object behind', async () => {
  const song = await newSong();
  const program = await buildNumbered('tests/shared/files/filesProcess.ts');
  const child = startNumbered(program);
  const point = pointAt('shared/files/copyObject.ts', /await target\.publish\(staged, name\)\.catch/);
  child.send({ plan: { action: 'stop', point, kind: 'before' } });
  expect(await child.reached()).toEqual({ point, kind: 'before' });
  await discard(song);
  expect(await replicate()).toEqual({ copied: 0, deleted: 1, failed: 0 });
  await child.goOn();
  await child.next();
  expect(await recordOf(song)).toBeUndefined();
  expect([await namesIn(first), await namesIn(second)]).toEqual([[], []]);
  await child.kill();
  await program.remove();
}, 30_000);

it('Records that cannot be read, more than are looked for at once, keep no file waiting and are looked at again later', async () => {
  const db = await database();
  const bad = Array.from({ length: REPLICATION_BOUNDS.batch + 5 }, (_, index) => db.doc(`files/fil_bad${index}`));
  await Promise.all(bad.map((ref) => ref.set({ dueAt: new Date(0), objects: 'none' })));
  const song = await newSong();
  const { backoffMs } = REPLICATION_BOUNDS;
  expect(await replicate({ backoffMs })).toEqual({ copied: 1, deleted: 0, failed: bad.length });
  expect(await stateOf(song)).toMatchObject(WHOLE);
  expect(await replicate({ backoffMs })).toEqual({ copied: 0, deleted: 0, failed: 0 });
  expect((await bad[0]!.get()).get('dueAt').toMillis()).toBeGreaterThan(Date.now() + backoffMs.most / 2);
});

it('A backlog is worked off over several runs, none of which costs more documents than its function says', async () => {
  const kept = await Promise.all(Array.from({ length: 14 }, newSong));
  for (const song of kept.slice(0, 3)) await discard(song);
  const done: number[] = [];
  for (let left = kept.length; left > 0; left -= done.at(-1)!) {
    const bounds = { files: 5, batch: 2, leaseMs: 120_000 };
    const spent = await countDocuments(async () => {
      const { copied, deleted, failed } = await replicate(bounds);
      expect(failed).toBe(0);
      done.push(copied + deleted);
    });
    const batches = Math.ceil(bounds.files / bounds.batch);
    expect(spent.reads).toBeLessThanOrEqual(2 * bounds.files + batches);
    expect(spent.writes).toBeLessThanOrEqual(2 * bounds.files);
  }
  expect(done).toEqual([5, 5, 4]);
  const { files, batch } = REPLICATION_BOUNDS;
  const { reads, writes } = replicateMedia.budget;
  const ofProbe = 10;
  expect(2 * files + files / batch + ofProbe).toBeLessThanOrEqual(reads);
  expect(2 * files + ofProbe).toBeLessThanOrEqual(writes);
});

it('A copy that is damaged in every store is left as it is; when an operator brings one back, all have it', async () => {
  const song = await newSong();
  await storeBytes(song, second);
  for (const directory of ['first', 'second']) await spoil(song, join(root, directory));
  expect(await replicate()).toEqual({ copied: 0, deleted: 0, failed: 1 });
  expect(await stateOf(song)).toEqual({ storeIds: [], copies: ['damaged', 'damaged'], repairs: 1, tries: 1, isDue: true });
  const { name } = (await recordOf(song))!.objects[0]!;
  await writeFile(join(root, 'second', name), bytesOf(song));
  while ((await replicate()).failed > 0);
  expect(await stateOf(song)).toMatchObject({ copies: ['good', 'good'], isDue: false });
});

it('A copy that is lost again and again is made again each time, and counted', async () => {
  const song = await newSong();
  await replicate();
  const { name } = (await recordOf(song))!.objects[0]!;
  for (const [lost, store] of [first, second, first].entries()) {
    await store.delete(name);
    await reportLost(name, store.id, new Date());
    await reportLost(name, store.id, new Date()); // two listeners at once
    expect(await replicate()).toEqual({ copied: 1, deleted: 0, failed: 0 });
    expect(await stateOf(song)).toMatchObject({ ...WHOLE, repairs: lost + 1 });
  }
});

it('While a store does not work nothing waits for it but its own copies, with growing pauses; when it works, all are made', async () => {
  const kept = await Promise.all([1, 2, 3, 4, 5, 6].map(newSong));
  const deleted = await newSong();
  await discard(deleted);
  await rm(join(root, 'second'), { recursive: true, force: true });
  await writeFile(join(root, 'second'), 'a file where a directory should be');
  const pauses = { backoffMs: { first: 60_000, factor: 2, most: 100_000 } };
  expect(await replicate(pauses)).toEqual({ copied: 0, deleted: 0, failed: 7 });
  expect(await namesIn(first, `songs/${deleted}/`)).toEqual([]); // the store that works has removed it
  expect(await stateOfRecord(kept[0]!)).toEqual({ tries: 1, isLater: true });
  expect(await replicate(pauses)).toEqual({ copied: 0, deleted: 0, failed: 0 });
  await rename(join(root, 'second'), join(root, 'was-a-file'));
  await mkdir(join(root, 'second'));
  await makeAllDue();
  expect(await replicate()).toEqual({ copied: 6, deleted: 1, failed: 0 });
  for (const song of kept) expect(await stateOf(song)).toMatchObject(WHOLE);
});

async function stateOfRecord(song: string) {
  const { tries, dueAt } = (await recordOf(song))!;
  return { tries, isLater: Date.parse(dueAt!) > Date.now() + 40_000 };
}

async function makeAllDue(): Promise<void> {
  const db = await database();
  for (const { ref } of (await db.collection('files').get()).docs) await ref.update({ dueAt: new Date() });
}
