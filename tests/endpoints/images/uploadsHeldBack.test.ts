import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dumpProject } from '../../matrix/projectDump.ts';
import { TestClock } from '../../support/clock.ts';
import { photograph } from '../../support/somePictures.ts';
import { type BucketHouse, openBucketHouse } from '../songs/bucketHouse.ts';
import { newUploader, put, type Uploader } from './uploader.ts';

const clock = new TestClock();
let bucket: BucketHouse;
let mina: Uploader;

beforeAll(async () => {
  bucket = await openBucketHouse(clock);
  mina = await newUploader(bucket.house);
});
afterAll(() => bucket?.close());

const HELD_BACK = { status: 503, code: 'feature_unavailable', feature: 'uploads', reason: 'storage' };

describe('With a broken storage key', () => {
  it('no upload is started, and nothing is kept of the wish', async () => {
    await bucket.breakKey();
    const before = await dumpProject();
    const { problem, headers } = await mina.start(1000);
    expect([problem, Number(headers.get('retry-after')) > 0]).toEqual([expect.objectContaining(HELD_BACK), true]);
    expect(await dumpProject()).toEqual(before);
    await bucket.repairKey();
    clock.advance(60_000);
    expect((await mina.start(1000)).status).toBe(201);
  });

  it('what was sent already waits, and is finished once the key is right again', async () => {
    const picture = await photograph(400, 300);
    const { imageId, upload } = (await mina.start(picture.length)).body;
    expect((await put(upload, picture)).status).toBe(200);
    await bucket.breakKey();
    expect((await mina.finish(imageId)).problem).toMatchObject(HELD_BACK);
    await bucket.repairKey();
    clock.advance(60_000);
    expect((await mina.finish(imageId)).status).toBe(200);
  });
});
