import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FileRecord, fileIdOf, reportLost } from '#shared/files';
import { type MediaStore, mediaStores } from '#shared/media';
import { database, fromDocument, systemWorld } from '#shared/runtime';
import { readSongMedia } from '#shared/songs';
import { REPLICATION_BOUNDS, replicateFiles } from '../../../shared/files/replicate.ts';
import { given, SOUND } from '../../support/given.ts';
import { type House, openHouse } from '../../support/openHouse.ts';
import { readAll } from '../media/someStores.ts';

let directory: string;
let house: House;
let owner: string;
let first: MediaStore;
let second: MediaStore;
let songId: string;
let name: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sori-replicate-'));
  house = await openHouse({ settings: { MEDIA_STORES: `local:${join(directory, 'first')},local:${join(directory, 'second')}` } });
  owner = (await house.newPeople()).owner.uid;
  [first, second] = mediaStores() as [MediaStore, MediaStore];
});
beforeEach(async () => {
  ({ songId } = await given.song({ owner }));
  ({ name } = (await readSongMedia(songId))!.audio!);
});
afterAll(async () => {
  await house?.close();
  await rm(directory, { recursive: true, force: true });
});

function replicate() {
  return replicateFiles({ world: systemWorld, signal: new AbortController().signal, bounds: REPLICATION_BOUNDS });
}

async function record(): Promise<FileRecord> {
  const db = await database();
  return FileRecord.parse(fromDocument((await db.doc(`files/${fileIdOf('audio', songId)}`).get()).data()!));
}

async function soundIn(store: MediaStore): Promise<boolean> {
  return SOUND.equals(await readAll((await store.open(name)).body));
}

describe('replicateMedia', () => {
  it('carries a song and its cover to the other store, and then has nothing to do', async () => {
    expect(await replicate()).toEqual({ copied: 2, deleted: 0, failed: 0 });
    expect(await soundIn(second)).toBe(true);
    expect(await record()).toMatchObject({ dueAt: null, repairs: 0, objects: [{ storeIds: [first.id, second.id] }] });
    expect(await replicate()).toEqual({ copied: 0, deleted: 0, failed: 0 });
  });

  it('replaces a copy whose bytes have changed on the disk, and counts it', async () => {
    await replicate();
    await writeFile(join(directory, 'first', name), Buffer.alloc(SOUND.length, 7));
    await reportLost(name, first.id, new Date());
    expect(await replicate()).toEqual({ copied: 1, deleted: 0, failed: 0 });
    expect(await soundIn(first)).toBe(true);
    expect(await record()).toMatchObject({ repairs: 1, dueAt: null });
  });
});
