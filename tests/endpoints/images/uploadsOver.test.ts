import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { STORAGE_BYTES, usedBytes } from '#shared/files';
import { finishUpload, startedImages } from '#shared/images';
import { mediaStores } from '#shared/media';
import { sweepStorage } from '#shared/operations';
import { database, newId, systemClock, systemWorld } from '#shared/runtime';
import { getStorageUsage } from '../../../functions/files/getStorageUsage.ts';
import { dumpProject } from '../../matrix/projectDump.ts';
import { TestClock } from '../../support/clock.ts';
import { type House, openHouse } from '../../support/openHouse.ts';
import { photograph } from '../../support/somePictures.ts';
import { givenFile, namesIn, newUploader, placeOf, put, type Upload, type Uploader } from './uploader.ts';

const MIB = 1024 * 1024;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

let house: House;
let mina: Uploader;

beforeAll(async () => {
  house = await openHouse({ hasBucket: true });
});
beforeEach(async () => {
  mina = await newUploader(house);
});
afterAll(() => house.close());

async function sent(bytes: Buffer): Promise<{ imageId: string; upload: Upload }> {
  const started = (await mina.start(bytes.length)).body;
  expect((await put(started.upload, bytes)).status).toBe(200);
  return started;
}

async function usage() {
  return (await house.service.call(getStorageUsage, {}, mina)).body;
}

/** A sweep, so much later. */
function sweepAfter(ms: number) {
  const world = { ...systemWorld, clock: new TestClock(Date.now() + ms) };
  return sweepStorage({ world, signal: new AbortController().signal });
}

async function uploadOf(imageId: string) {
  return (await dumpProject())[`uploads/${imageId}`];
}

/** As if whoever ended it had died before he sealed the place. */
async function unseal(imageId: string, bytes: number): Promise<void> {
  for (const store of mediaStores()) await store.delete(`uploads/${imageId}`);
  await (await database()).doc(`uploads/${imageId}`).update({ bytes });
}

const OVER: [string, () => Promise<Buffer>][] = [
  ['finished', () => photograph(400, 300)],
  ['refused', async () => Buffer.from('no picture at all')],
];

describe('What is sent to an address after its upload is over', () => {
  it.each(OVER)('is not taken: the place of one that was %s is sealed, and the sweep removes the seal', async (state, make) => {
    const bytes = await make();
    const { imageId, upload } = await sent(bytes);
    const first = await mina.finish(imageId);
    const before = await usage();
    expect([(await put(upload, bytes)).status, await placeOf(imageId)]).toEqual([412, [0]]);
    const again = await mina.finish(imageId);
    expect([again.status, again.body?.image]).toEqual(state === 'finished' ? [200, first.body.image] : [404, undefined]);
    expect(await usage()).toEqual(before);
    expect(await uploadOf(imageId)).toMatchObject({ state, bytes: 0, imageId });
    const untilMs = Date.parse(((await uploadOf(imageId)) as { expireAt: string }).expireAt);
    expect(untilMs).toBeGreaterThan(Date.parse(upload.expiresAt));

    await sweepAfter(DAY_MS - MINUTE_MS);
    expect([await placeOf(imageId), await uploadOf(imageId)]).toEqual([[0], expect.anything()]);
    await sweepAfter(DAY_MS + 30 * MINUTE_MS);
    expect([await placeOf(imageId), await uploadOf(imageId)]).toEqual([[], undefined]);
  });

  it.each(OVER)('counts as announced, when one that was %s could not be sealed, until the sweep has seen it gone', async (state, make) => {
    const bytes = await make();
    const { imageId, upload } = await sent(bytes);
    await mina.finish(imageId);
    await unseal(imageId, bytes.length);
    expect((await put(upload, bytes)).status).toBe(200); // the bucket cannot know
    const startTooMuch = async () => (await mina.start(MIB)).problem;
    await givenFile(mina.uid, STORAGE_BYTES - (await usedBytes(mina.uid)) - MIB);
    const full = { code: 'storage_full', usedBytes: STORAGE_BYTES - MIB + bytes.length };
    expect(await startTooMuch()).toMatchObject(full);

    const db = await database();
    await db.doc(`uploads/${imageId}`).update({ expireAt: new Date(Date.now() - 1000) });
    expect(await startTooMuch()).toMatchObject(full);
    await sweepAfter(DAY_MS - MINUTE_MS);
    expect([await placeOf(imageId), await uploadOf(imageId)]).toEqual([[bytes.length], expect.objectContaining({ state })]);
    expect(await startTooMuch()).toMatchObject(full);
    await sweepAfter(DAY_MS + MINUTE_MS);
    expect([await placeOf(imageId), await uploadOf(imageId)]).toEqual([[], undefined]);
    expect(await startTooMuch()).toBeUndefined();
  });

  it('goes when the picture is asked to be finished again', async () => {
    const bytes = await photograph(400, 300);
    const { imageId, upload } = await sent(bytes);
    const { image } = (await mina.finish(imageId)).body;
    await unseal(imageId, bytes.length);
    expect((await put(upload, bytes)).status).toBe(200);
    expect((await mina.finish(imageId)).body.image).toEqual(image);
    expect([await placeOf(imageId), await uploadOf(imageId)]).toEqual([[0], expect.objectContaining({ state: 'finished', bytes: 0 })]);
    expect((await put(upload, bytes)).status).toBe(412);
  });
});

/** Noise, written quickly: to write it well takes seconds. */
function slowPicture(): Promise<Buffer> {
  const noise = { type: 'gaussian' as const, mean: 128, sigma: 30 };
  return sharp({ create: { width: 4000, height: 3500, channels: 3, background: '#000000', noise } })
    .webp({ quality: 5, effort: 0 })
    .toBuffer();
}

describe('A picture that takes too long to decode', () => {
  it('is no fault of the picture: the answer is 503, and the upload stays', async () => {
    const imageId = await mina.send(await slowPicture(), 'image/webp');
    const before = [await dumpProject(), await namesIn('')];
    const found = await startedImages.may('finish', 'imageId').find(imageId, { kind: 'anonymous' }, systemClock);
    const finishing = finishUpload(found!, { now: new Date(), newId, signal: AbortSignal.timeout(60_000), limitS: 1 });
    await expect(finishing).rejects.toMatchObject({
      ...{ status: 503, code: 'feature_unavailable', params: { feature: 'uploads', reason: 'load', retryAfterS: 30 } },
    });
    expect([await dumpProject(), await namesIn('')]).toEqual(before);
  });
});
