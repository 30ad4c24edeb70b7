import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { finishUpload, startedImages } from '#shared/images';
import { sweepStorage } from '#shared/operations';
import { newId, systemClock, systemWorld } from '#shared/runtime';
import { getStorageUsage } from '../../../functions/files/getStorageUsage.ts';
import { dumpProject } from '../../matrix/projectDump.ts';
import { TestClock } from '../../support/clock.ts';
import { type House, openHouse } from '../../support/openHouse.ts';
import { photograph } from '../../support/somePictures.ts';
import { namesIn, newUploader, put, type Upload, type Uploader } from './uploader.ts';

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

describe('What is sent to an address after its upload is over', () => {
  it.each([
    ['finished', () => photograph(400, 300)],
    ['refused', async () => Buffer.from('no picture at all')],
  ])('is nobody’s: one that was %s stays so, and the sweep removes what has come', async (state, make) => {
    const bytes = await make();
    const { imageId, upload } = await sent(bytes);
    const first = await mina.finish(imageId);
    const before = await usage();
    expect((await put(upload, bytes)).status).toBe(200); // the bucket cannot know
    const again = await mina.finish(imageId);
    expect([again.status, again.body?.image]).toEqual(state === 'finished' ? [200, first.body.image] : [404, undefined]);
    expect(await usage()).toEqual(before);
    expect(await uploadOf(imageId)).toMatchObject({ state, bytes: 0, imageId });
    const untilMs = Date.parse(((await uploadOf(imageId)) as { expireAt: string }).expireAt);
    expect(untilMs).toBeGreaterThan(Date.parse(upload.expiresAt));

    await sweepAfter(DAY_MS - MINUTE_MS);
    expect([(await namesIn(`uploads/${imageId}`)).flat(), await uploadOf(imageId)]).toEqual([[`uploads/${imageId}`], expect.anything()]);
    await sweepAfter(DAY_MS + 30 * MINUTE_MS);
    expect([(await namesIn(`uploads/${imageId}`)).flat(), await uploadOf(imageId)]).toEqual([[], undefined]);
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
