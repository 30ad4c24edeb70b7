/** A song in a directory and in a bucket, and a listener whose ticket names one of them. */

import { rename, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { issueTicket } from '#shared/access';
import { type MediaStore, mediaStores, type StoredObject } from '#shared/media';
import { newId } from '#shared/runtime';
import { readSongMedia } from '#shared/songs';
import { recordOf, replicate } from '../../shared/files/someFiles.ts';
import { TestClock } from '../../support/clock.ts';
import { given, SOUND } from '../../support/given.ts';
import { HOUSE_BUCKET, type House, openHouse } from '../../support/openHouse.ts';

// Ahead of the time at which songs are given.
const clock = new TestClock(Date.now() + 60_000);
/** Stores are looked at every 15 s. */
const PROBED_MS = 16_000;
let house: House;
let owner: string;
let local: MediaStore;
let bucket: MediaStore;

beforeAll(async () => {
  house = await openHouse({ hasBucket: true, world: { clock } });
  owner = (await house.newPeople()).owner.uid;
  [local, bucket] = mediaStores() as [MediaStore, MediaStore];
});

afterAll(() => house?.close());

async function newSong(): Promise<StoredObject & { songId: string }> {
  const { songId } = await given.song({ owner, visibility: 'unlisted' });
  return { songId, ...(await readSongMedia(songId))!.audio! };
}

/** They are looked at anew with the next request. */
function lookAgain(): void {
  clock.advance(PROBED_MS);
}

/** As a volume that is no longer mounted. @returns what mounts it again */
async function unmount({ id }: MediaStore): Promise<() => Promise<void>> {
  const directory = id.slice('local:'.length);
  await rename(directory, `${directory}.away`);
  await writeFile(directory, 'a file where a directory should be');
  return async () => {
    await rm(directory);
    await rename(`${directory}.away`, directory);
  };
}

async function play({ songId, ...object }: StoredObject & { songId: string }, storeId: string) {
  const { ticket } = issueTicket({ use: 'audio', jti: newId('tkt'), subject: null, songId, storeId, object }, { now: clock.now() });
  const url = `${house.service.url}/streamSong?${new URLSearchParams({ songId, ticket })}`;
  const answer = await fetch(url, { headers: { range: 'bytes=5-9' }, redirect: 'manual' });
  const bytes = Buffer.from(await answer.arrayBuffer());
  return { status: answer.status, location: answer.headers.get('location'), bytes };
}

describe('A listener whose ticket names', () => {
  const FROM_DISK = { status: 206, location: null, bytes: SOUND.subarray(5, 10) };

  it('the bucket is led there, and the bytes are right; while it is known to be down the directory serves', async () => {
    const song = await newSong();
    await replicate({}, clock);
    const led = await play(song, bucket.id);
    expect(led.status).toBe(302);
    const there = await fetch(led.location!, { headers: { range: 'bytes=5-9' } });
    expect(Buffer.from(await there.arrayBuffer())).toEqual(SOUND.subarray(5, 10));
    await house.gcs!.deleteBucket(HOUSE_BUCKET);
    lookAgain();
    expect(await play(song, bucket.id)).toEqual(FROM_DISK);
    await house.gcs!.restoreBucket(HOUSE_BUCKET);
    lookAgain();
    expect((await play(song, bucket.id)).status).toBe(302);
  });

  it('the directory, which has lost it, is led to the bucket; nobody is led there before the bucket has it', async () => {
    const song = await newSong();
    await local.delete(song.name);
    expect((await play(song, local.id)).status).toBe(503);
    expect((await recordOf(song.songId))!.objects[0]!.storeIds).toEqual([]);
    const other = await newSong();
    await replicate({}, clock);
    await local.delete(other.name);
    expect((await play(other, local.id)).status).toBe(302);
    await replicate({}, clock);
    expect(await play(other, local.id)).toEqual(FROM_DISK);
  });

  it('either, while neither can be read, is told when to come back', async () => {
    const song = await newSong();
    await replicate({}, clock);
    await house.gcs!.deleteBucket(HOUSE_BUCKET);
    const mount = await unmount(local);
    lookAgain();
    for (const { id } of [local, bucket]) expect((await play(song, id)).status).toBe(503);
    await mount();
    await house.gcs!.restoreBucket(HOUSE_BUCKET);
    lookAgain();
    expect(await play(song, local.id)).toEqual(FROM_DISK);
  });
});
