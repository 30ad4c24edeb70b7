import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type FileRecord, fileIdOf, readFileRecords } from '#shared/files';
import { deleteSong } from '#shared/generation';
import { type MediaStore, type StoredObject, songObjectName } from '#shared/media';
import { SWEEP_BOUNDS, type SweepReport, sweepStorage } from '#shared/operations';
import { database, newId, systemWorld } from '#shared/runtime';
import { readSongMedia, type Song } from '#shared/songs';
import { dumpProject } from '../../matrix/projectDump.ts';
import { given } from '../../support/given.ts';
import { BUCKET, openTwoStores, type TwoStores } from '../../support/twoStores.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const SHA = 'a'.repeat(64);

const NOTHING: SweepReport = {
  isDone: true,
  ...{ stagedRemoved: 0, uploadsRemoved: 0, audioRemoved: 0, coversRemoved: 0, imagesRemoved: 0, uploadRecordsRemoved: 0 },
  ...{ recordsWritten: 0, searchesWritten: 0, copiesLost: 0, filesMadeDue: 0, objectsLost: 0, foreignObjects: 0, unreadableRecords: 0 },
  ...{ storesRefused: 0, failed: 0 },
};

let stores: TwoStores;
let owner: string;

beforeAll(async () => {
  stores = await openTwoStores();
  owner = (await stores.house.newPeople()).owner.uid;
});
beforeEach(async () => {
  // Each test begins with what is whole, and a day after everything that others have left.
  stores.clock.advance(3 * DAY_MS);
  await stores.replicate();
  await sweep();
  await stores.replicate();
});
afterAll(() => stores.close());

function sweep(options: Partial<Parameters<typeof sweepStorage>[0]> = {}): Promise<SweepReport> {
  return sweepStorage({ world: { ...systemWorld, clock: stores.clock }, signal: new AbortController().signal, ...options });
}

async function both(work: (store: MediaStore) => Promise<void>): Promise<void> {
  await work(stores.disk);
  await work(stores.bucket);
}

async function everywhere(): Promise<{ disk: string[]; bucket: string[]; documents: Record<string, unknown> }> {
  const [disk, bucket] = [await stores.namesIn(stores.disk), await stores.namesIn(stores.bucket)];
  return { disk, bucket, documents: await dumpProject() };
}

/** A dry run says what the run then does, and the next run has nothing to do. */
async function expectSwept(expected: Partial<SweepReport>, lasting: Partial<SweepReport> = {}): Promise<void> {
  const before = await everywhere();
  expect(await sweep({ isDryRun: true })).toEqual({ ...NOTHING, ...expected });
  expect(await everywhere()).toEqual(before);
  expect(await sweep()).toEqual({ ...NOTHING, ...expected });
  expect(await sweep()).toEqual({ ...NOTHING, ...lasting });
}

async function songOfBoth(): Promise<{ song: Song; audio: StoredObject }> {
  const song = await given.song({ owner });
  await stores.replicate();
  return { song, audio: (await readSongMedia(song.songId))!.audio! };
}

async function recordOf(song: Song): Promise<FileRecord> {
  return (await readFileRecords([fileIdOf('audio', song.songId)]))[0] as FileRecord;
}

describe('sweepStorage removes', () => {
  it('what was staged and forgotten, in every store, once it is a day old', async () => {
    await both((store) => stores.stage(store, `staging/${newId('sng')}/audio-1`));
    expect(await sweep()).toEqual(NOTHING);
    stores.clock.advance(DAY_MS);
    expect(await sweep()).toEqual(NOTHING);
    stores.clock.advance(1);
    await expectSwept({ stagedRemoved: 2 });
  });

  it('sound, covers and pictures that no document names', async () => {
    const names = [songObjectName(newId('sng'), SHA), `covers/${newId('sng')}/${SHA}.jpg`, `images/${newId('img')}/${SHA}.png`];
    await both(async (store) => {
      for (const name of names) await stores.put(store, name);
    });
    stores.clock.advance(2 * DAY_MS);
    await expectSwept({ audioRemoved: 2, coversRemoved: 2, imagesRemoved: 2 });
    const { disk, bucket } = await everywhere();
    expect([...disk, ...bucket].filter((name) => names.includes(name))).toEqual([]);
  });

  it('nothing of songs and pictures when there is too much that no document names: the database may lack its documents', async () => {
    for (const store of [stores.disk, stores.bucket]) await stores.put(store, songObjectName(newId('sng'), SHA));
    await stores.stage(stores.bucket, `staging/${newId('sng')}/audio-1`);
    stores.clock.advance(2 * DAY_MS);
    const bounds = { ...SWEEP_BOUNDS, mostOrphans: 0 };
    expect(await sweep({ bounds })).toEqual({ ...NOTHING, stagedRemoved: 1, failed: 2 });
    expect(await sweep()).toEqual({ ...NOTHING, audioRemoved: 2 });
  });

  it('another recording of a song that is whole, and not the one that plays', async () => {
    const { song, audio } = await songOfBoth();
    await stores.put(stores.bucket, songObjectName(song.songId, SHA));
    stores.clock.advance(2 * DAY_MS);
    await expectSwept({ audioRemoved: 1 });
    expect(await stores.bucket.find(audio.name)).toMatchObject({ sha256: audio.sha256 });
  });
});

describe('sweepStorage leaves alone', () => {
  it('what only the song knows, and not the journal: that is written down', async () => {
    const { song, audio } = await songOfBoth();
    const before = await recordOf(song);
    const db = await database();
    await db.doc(`files/${before.fileId}`).delete();
    stores.clock.advance(2 * DAY_MS);
    await expectSwept({ recordsWritten: 1 });
    expect(await stores.bucket.find(audio.name)).toBeDefined();
    expect(await recordOf(song)).toMatchObject({ ...before, objects: [{ storeIds: [stores.disk.id] }], dueAt: song.createdAt });
    expect(await stores.replicate()).toEqual({ copied: 1, deleted: 0, failed: 0 });
  });

  it('what only the journal knows', async () => {
    const { song, audio } = await songOfBoth();
    await (await database()).doc(`songMedia/${song.songId}`).update({ audio: null });
    stores.clock.advance(2 * DAY_MS);
    await expectSwept({});
    expect(await stores.disk.find(audio.name)).toBeDefined();
    await (await database()).doc(`songMedia/${song.songId}`).update({ audio });
  });

  it('a song in the making, one that is being deleted, and one whose record cannot be read', async () => {
    const db = await database();
    const [making, deleted, spoiled] = [
      await given.song({ owner, state: 'making' }),
      await given.song({ owner }),
      (await songOfBoth()).song,
    ];
    const { generationId } = await given.generation({ owner });
    const request = { songId: making.songId, taskId: 'task', state: 'finished', failure: null, downloads: 0 };
    const times = { firstDownloadAt: null, storageDownAt: null, coverDueAt: null };
    await db.doc(`generationWork/${generationId}`).update({ songs: [{ ...request, ...times }] });
    await db.doc(`songs/${making.songId}`).update({ generationId });
    await deleteSong(deleted, new Date(stores.clock.now()));
    await db.doc(`files/${fileIdOf('audio', spoiled.songId)}`).update({ bytes: 'many' });
    await stores.put(stores.bucket, songObjectName(making.songId, SHA));
    stores.clock.advance(2 * DAY_MS);
    await expectSwept({ unreadableRecords: 1 }, { unreadableRecords: 1 });
    const { bucket, disk } = await everywhere();
    const has = (names: string[], { songId }: Song) => names.some((name) => name.includes(songId));
    expect([has(bucket, making), has(disk, deleted), has(disk, spoiled)]).toEqual([true, true, true]);
    for (const { songId } of [making, deleted]) await db.doc(`generationWork/discard_${songId}`).delete();
    await db.doc(`generationWork/${generationId}`).delete();
    await db.doc(`files/${fileIdOf('audio', spoiled.songId)}`).delete();
    await sweep();
  });

  it('what is not ours, which it counts', async () => {
    const foreign = ['readme.txt', 'backup/2026/all.tar', 'songs/readme.txt', 'songs/other/a.mp3', `covers/${newId('img')}/a.jpg`];
    for (const name of foreign) await stores.put(stores.bucket, name);
    stores.clock.advance(2 * DAY_MS);
    await expectSwept({ foreignObjects: 5 }, { foreignObjects: 5 });
    for (const name of foreign) await stores.bucket.delete(name);
  });
});

describe('sweepStorage finds', () => {
  it('a copy that has gone from a store or was changed there, which is then made again', async () => {
    const [gone, changed] = [await songOfBoth(), await songOfBoth()];
    await stores.bucket.delete(gone.audio.name);
    await rm(join(stores.directory, `${changed.audio.name}.~json`));
    await writeFile(join(stores.directory, changed.audio.name), 'something else');
    await expectSwept({ copiesLost: 2 });
    expect(await stores.replicate()).toEqual({ copied: 2, deleted: 0, failed: 0 });
    expect(await stores.bucket.find(gone.audio.name)).toMatchObject({ sha256: gone.audio.sha256 });
    expect(await recordOf(gone.song)).toMatchObject({ repairs: 1, dueAt: null });
  });

  it('a file that no store has any more, and tells so every time', async () => {
    const { song, audio } = await songOfBoth();
    await both((store) => store.delete(audio.name));
    await expectSwept({ copiesLost: 2, objectsLost: 1 }, { objectsLost: 1 });
    expect(await recordOf(song)).toMatchObject({ state: 'kept', objects: [{ storeIds: [] }] });
    await stores.put(stores.disk, audio.name, Buffer.from(Array.from({ length: 1000 }, (_, at) => at % 251)));
    expect(await sweep()).toEqual(NOTHING);
    stores.clock.advance(DAY_MS);
    expect(await stores.replicate()).toMatchObject({ copied: 1 });
  });

  it('files that a store added later is to have', async () => {
    const { song } = await songOfBoth();
    const { fileId, objects } = await recordOf(song);
    await (await database()).doc(`files/${fileId}`).update({ objects: [{ ...objects[0], storeIds: [stores.disk.id] }] });
    await expectSwept({ filesMadeDue: 1 });
    expect(await stores.replicate()).toEqual({ copied: 1, deleted: 0, failed: 0 });
  });
});

describe('sweepStorage goes on', () => {
  it('where a run stopped at its bound', async () => {
    await stageMany(30);
    const reports: SweepReport[] = [];
    while (!reports.at(-1)?.isDone) reports.push(await sweep({ bounds: { ...SWEEP_BOUNDS, batch: 10, passMs: 0 } }));
    expect(reports.map(({ stagedRemoved }) => stagedRemoved).filter((count) => count > 0)).toEqual(expect.arrayContaining([10]));
    expect(reports.reduce((sum, { stagedRemoved }) => sum + stagedRemoved, 0)).toBe(30);
    expect(await turn()).toBeUndefined();
  });

  it('where a run died, once it has shown no sign of life for two minutes', async () => {
    await stageMany(30);
    const dying = { ...stores.clock, now: stores.clock.now, monotonicMs: diesAfter(8, stores.clock.monotonicMs) };
    const bounds = { ...SWEEP_BOUNDS, batch: 5, saveMs: 0 };
    await expect(sweep({ world: { ...systemWorld, clock: dying }, bounds })).rejects.toThrow('died');
    expect(await turn()).toMatchObject({ position: { part: `objects:${stores.disk.id}`, after: expect.any(String) } });
    expect(await sweep()).toEqual({ ...NOTHING, isDone: false });
    stores.clock.advance(SWEEP_BOUNDS.leaseMs);
    expect((await sweep()).isDone).toBe(true);
    expect((await everywhere()).disk.filter((name) => name.startsWith('staging/'))).toEqual([]);
  });

  it('without the store that is down, and says that something failed', async () => {
    await stores.stage(stores.disk, 'staging/old');
    stores.clock.advance(2 * DAY_MS);
    const { audio } = await songOfBoth();
    await stores.storage.deleteBucket(BUCKET);
    expect(await sweep()).toEqual({ ...NOTHING, stagedRemoved: 1, failed: 1 + (await objectsIn(stores.bucket)) });
    await stores.storage.restoreBucket(BUCKET);
    expect(await stores.bucket.find(audio.name)).toBeDefined();
    expect(await sweep()).toEqual(NOTHING);
  });

  it('alone: while one is at it, another leaves at once', async () => {
    await stageMany(3);
    const reports = await Promise.all([sweep(), sweep(), sweep()]);
    expect(reports.reduce((sum, { stagedRemoved }) => sum + stagedRemoved, 0)).toBe(3);
    const leaseUntilAt = new Date(stores.clock.now() + 1);
    await (await database()).doc('jobRuns/sweepStorage').set({ claimId: newId('clm'), leaseUntilAt, position: null });
    expect(await sweep()).toEqual({ ...NOTHING, isDone: false });
    stores.clock.advance(1);
    expect(await sweep()).toEqual(NOTHING);
  });
});

/** That are said to be there. */
async function objectsIn({ id }: MediaStore): Promise<number> {
  const { docs } = await (await database()).collection('files').where('state', '==', 'kept').get();
  const objects = docs.flatMap((snapshot) => snapshot.get('objects') as FileRecord['objects']);
  return objects.filter(({ storeIds }) => storeIds.includes(id)).length;
}

async function stageMany(count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) await stores.stage(stores.disk, `staging/${newId('sng')}/audio-${at}`);
  stores.clock.advance(2 * DAY_MS);
}

async function turn(): Promise<Record<string, unknown> | undefined> {
  return (await (await database()).doc('jobRuns/sweepStorage').get()).data();
}

/** A clock that ends whoever looks at it once more. */
function diesAfter(looks: number, monotonicMs: () => number): () => number {
  let left = looks;
  return () => {
    left -= 1;
    if (left < 0) throw new Error('died');
    return monotonicMs();
  };
}
