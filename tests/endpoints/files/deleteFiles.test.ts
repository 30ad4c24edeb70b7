import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type FileKind, fileIdOf, readFileRecords, writeFile } from '#shared/files';
import { advanceGenerations, createWorker } from '#shared/generation';
import { database, systemWorld } from '#shared/runtime';
import type { Song } from '#shared/songs';
import { deleteFiles } from '../../../functions/files/deleteFiles.ts';
import { getStorageUsage } from '../../../functions/files/getStorageUsage.ts';
import { listFiles } from '../../../functions/files/listFiles.ts';
import { getPlayback } from '../../../functions/songs/getPlayback.ts';
import { getSong } from '../../../functions/songs/getSong.ts';
import { dumpProject } from '../../matrix/projectDump.ts';
import type { KnownCaller } from '../../support/callers.ts';
import { given } from '../../support/given.ts';
import { BUCKET, openTwoStores, type TwoStores } from '../../support/twoStores.ts';

let stores: TwoStores;
let owner: KnownCaller;
let stranger: KnownCaller;
let song: Song;
let token: string | undefined;

beforeAll(async () => {
  stores = await openTwoStores();
});
beforeEach(async () => {
  ({ owner, stranger } = await stores.house.newPeople());
  token = await owner.tokenFor('deleteFiles');
  song = await given.song({ owner: owner.uid });
});
afterAll(() => stores.close());

const idOf = (kind: FileKind, belongsTo: string = song.songId) => fileIdOf(kind, belongsTo);
const removed = (fileId: string) => ({ fileId, deleted: true, code: null });
const notFound = (fileId: string) => ({ fileId, deleted: false, code: 'not_found' });

async function remove(...fileIds: string[]) {
  const { status, body } = await stores.house.service.call(deleteFiles, { fileIds }, { token });
  expect(status).toBe(200);
  return body.results;
}

async function kindsListed(): Promise<string[]> {
  return (await stores.house.service.call(listFiles, {}, { token })).body.items.map(({ kind }) => kind).sort();
}

/** The worker and the journal, once what they were told to wait for is over. */
async function bytesGo(): Promise<string[]> {
  stores.clock.advance(60 * 60_000);
  await stores.replicate();
  const world = { ...systemWorld, clock: stores.clock };
  await advanceGenerations(createWorker({ world, signal: new AbortController().signal }));
  const names = [...(await stores.namesIn(stores.disk)), ...(await stores.namesIn(stores.bucket))];
  return names.filter((name) => name.includes(song.songId));
}

describe('deleteFiles', () => {
  const shown = (['private', 'unlisted', 'public'] as const).flatMap((visibility) =>
    (['ready', 'hidden'] as const).map((state) => ({ state, visibility })),
  );
  it.each(shown)('takes away a song with its sound that is $state and $visibility, and its bytes from every store', async (fields) => {
    song = await given.song({ owner: owner.uid, ...fields });
    await stores.replicate();
    expect(await remove(idOf('audio'))).toEqual([removed(idOf('audio'))]);
    expect((await stores.house.service.call(getSong, { songId: song.songId }, { token })).status).toBe(404);
    expect((await readFileRecords([idOf('audio'), idOf('cover')])).filter(Boolean)).toEqual([]);
    expect(await bytesGo()).toEqual([]);
  });

  it('leaves a song without its cover, and playing', async () => {
    expect(await remove(idOf('cover'))).toEqual([removed(idOf('cover'))]);
    const read = (await stores.house.service.call(getSong, { songId: song.songId }, { token })).body.song;
    expect(read).toEqual({ ...song, hasCover: false, updatedAt: read.updatedAt });
    const playback = (await stores.house.service.call(getPlayback, { songId: song.songId }, { token })).body;
    expect(playback).toMatchObject({ url: expect.any(String), coverUrl: null });
    expect(await kindsListed()).toEqual(['audio']);
    expect((await bytesGo()).map((name) => name.split('/')[0])).toEqual(['songs', 'songs']);
  });

  it('takes away a picture', async () => {
    const { imageId } = await given.image({ owner: owner.uid });
    expect(await remove(idOf('image', imageId))).toEqual([removed(idOf('image', imageId))]);
    expect((await (await database()).doc(`images/${imageId}`).get()).exists).toBe(false);
    expect(await kindsListed()).toEqual(['audio', 'cover']);
  });

  it('gives an outcome for each, in order: what is no one’s or another’s is not found, and keeps nothing else from going', async () => {
    const theirs = await given.song({ owner: stranger.uid });
    const { imageId } = await given.image({ owner: owner.uid });
    const [their, none, odd] = [idOf('audio', theirs.songId), 'fil_00000000000000000000', '../../users/x'];
    const picture = idOf('image', imageId);
    const before = await dumpOf(theirs.songId);
    expect(await remove(their, idOf('cover'), none, idOf('audio'), odd, picture)).toEqual([
      ...[notFound(their), removed(idOf('cover')), notFound(none)],
      ...[removed(idOf('audio')), notFound(odd), removed(picture)],
    ]);
    expect(await kindsListed()).toEqual([]);
    expect(await dumpOf(theirs.songId)).toEqual(before);
  });

  it('is a success again for 30 days, also when the bytes have gone, and for nobody else', async () => {
    const { imageId } = await given.image({ owner: owner.uid });
    const all = [idOf('audio'), idOf('image', imageId), idOf('cover')];
    for (let times = 0; times < 2; times += 1) expect(await remove(...all)).toEqual(all.map(removed));
    expect(await bytesGo()).toEqual([]);
    expect((await readFileRecords(all)).filter(Boolean)).toEqual([]);
    expect(await remove(...all)).toEqual(all.map(removed));
    token = await stranger.tokenFor('deleteFiles');
    expect(await remove(...all)).toEqual(all.map(notFound));
    token = await owner.tokenFor('deleteFiles');
    const db = await database();
    for (const fileId of all) await db.doc(`deletedFiles/${fileId}`).update({ expireAt: new Date() });
    expect(await remove(...all)).toEqual(all.map(notFound));
  });

  it('takes away what has come again under the same id, as a new cover does', async () => {
    await remove(idOf('cover'));
    await bytesGo();
    const db = await database();
    const cover = { kind: 'cover', ownerId: owner.uid, belongsTo: song.songId, now: new Date(stores.clock.now()) } as const;
    const batch = db.batch();
    writeFile(batch, db, {
      ...cover,
      objects: [{ storeId: 'local:none', name: 'covers/x', bytes: 9, sha256: '0', contentType: 'image/png' }],
    });
    await batch.commit();
    token = await owner.tokenFor('deleteFiles');
    expect(await remove(idOf('cover'))).toEqual([removed(idOf('cover'))]);
    expect(await kindsListed()).toEqual(['audio']);
  });

  it('deletes the others when one cannot be, and that one when it can', async () => {
    const other = await given.song({ owner: owner.uid });
    const spoiled = (await database()).doc(`songs/${song.songId}`);
    const whole = (await spoiled.get()).data()!;
    await spoiled.update({ likes: 'many' });
    expect(await remove(idOf('audio'), idOf('audio', other.songId))).toEqual([
      { fileId: idOf('audio'), deleted: false, code: 'internal' },
      removed(idOf('audio', other.songId)),
    ]);
    await spoiled.set(whole);
    expect(await remove(idOf('audio'))).toEqual([removed(idOf('audio'))]);
  });

  it('works while storage is down; the bytes go when it is back', async () => {
    await stores.replicate();
    await stores.storage.deleteBucket(BUCKET);
    expect(await remove(idOf('cover'), idOf('audio'))).toEqual([removed(idOf('cover')), removed(idOf('audio'))]);
    expect(await kindsListed()).toEqual([]);
    await stores.storage.restoreBucket(BUCKET);
    expect(await bytesGo()).toEqual([]);
  });

  it('takes 1 to 100 files, each once', async () => {
    const call = async (fileIds: string[]) => (await stores.house.service.call(deleteFiles, { fileIds }, { token })).status;
    const many = Array.from({ length: 101 }, (_, at) => `fil_${at}`);
    expect([await call([]), await call(['fil_1', 'fil_1']), await call(many), await call(many.slice(1))]).toEqual([400, 400, 400, 200]);
  });
});

describe('getStorageUsage', () => {
  it('counts what is kept, and no more what was deleted though its bytes are still there', async () => {
    const used = async () => (await stores.house.service.call(getStorageUsage, {}, { token })).body;
    const { imageId, bytes } = await given.image({ owner: owner.uid });
    const all = (await used()).usage.usedBytes;
    await remove(idOf('image', imageId));
    expect(await used()).toEqual({ usage: { usedBytes: all - bytes, limitBytes: 5 * 1024 ** 3 } });
    await remove(idOf('audio'));
    expect(await used()).toEqual({ usage: { usedBytes: 0, limitBytes: 5 * 1024 ** 3 } });
  });
});

/** Documents that speak of it. */
async function dumpOf(id: string): Promise<[string, unknown][]> {
  return Object.entries(await dumpProject()).filter((entry) => JSON.stringify(entry).includes(id));
}
