import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { STORAGE_BYTES } from '#shared/files';
import { sweepStorage } from '#shared/operations';
import { database, newId, systemWorld } from '#shared/runtime';
import { deleteImage } from '../../../functions/images/deleteImage.ts';
import { dumpProject } from '../../matrix/projectDump.ts';
import { TestClock } from '../../support/clock.ts';
import { type House, openHouse } from '../../support/openHouse.ts';
import { photograph } from '../../support/somePictures.ts';
import { givenFile, newUploader, type Uploader } from './uploader.ts';

const MIB = 1024 * 1024;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const clock = new TestClock();
let house: House;
let mina: Uploader;

beforeAll(async () => {
  house = await openHouse({ hasBucket: true, world: { clock } });
});
beforeEach(async () => {
  clock.advance(Math.max(0, Date.now() - clock.now())); // tokens are of the real time
  mina = await newUploader(house);
});
afterAll(() => house.close());

/** A sweep, so much later. */
function sweepAfter(ms: number) {
  const world = { ...systemWorld, clock: new TestClock(clock.now() + ms) };
  return sweepStorage({ world, signal: new AbortController().signal });
}

const FULL = { status: 409, code: 'storage_full', limitBytes: STORAGE_BYTES };

describe('What a person may keep', () => {
  it('is filled to its last byte, and not over it', async () => {
    await givenFile(mina.uid, STORAGE_BYTES - 10 * MIB);
    const before = await dumpProject();
    expect((await mina.start(10 * MIB + 1)).problem).toMatchObject({ ...FULL, usedBytes: STORAGE_BYTES - 10 * MIB });
    expect(await dumpProject()).toEqual(before);
    expect((await mina.start(10 * MIB)).status).toBe(201);
    expect((await mina.start(1)).problem).toMatchObject({ ...FULL, usedBytes: STORAGE_BYTES });
  });

  it('is not exceeded by many uploads that are started at the same moment', async () => {
    await givenFile(mina.uid, STORAGE_BYTES - 10 * MIB);
    const answers = await Promise.all(Array.from({ length: 6 }, () => mina.start(4 * MIB)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409, 409, 409]);
  });

  it('is free again a day after an upload was started and never finished, once the sweep has seen that nothing has come', async () => {
    await givenFile(mina.uid, STORAGE_BYTES - 10 * MIB);
    const { imageId } = (await mina.start(10 * MIB)).body;
    const db = await database();
    const upload = db.doc(`uploads/${imageId}`);
    expect((await upload.get()).get('expireAt').toMillis()).toBe(clock.now() + DAY_MS);
    await upload.update({ expireAt: new Date(clock.now()) });
    expect((await mina.finish(imageId)).problem).toMatchObject({ status: 404, code: 'not_found' });
    await sweepAfter(20 * MINUTE_MS); // its address may have been asked for at the very end
    expect((await mina.start(10 * MIB)).problem).toMatchObject(FULL);
    await sweepAfter(20 * MINUTE_MS + 1);
    expect((await mina.start(10 * MIB)).status).toBe(201);
  });

  it('is free again as soon as a picture is deleted', async () => {
    const picture = await photograph(900, 600);
    const imageId = await mina.send(picture);
    await mina.finish(imageId);
    await givenFile(mina.uid, STORAGE_BYTES - 5 * MIB);
    expect((await mina.start(5 * MIB)).problem).toMatchObject(FULL);
    await house.service.call(deleteImage, { imageId }, mina);
    expect((await mina.start(5 * MIB)).status).toBe(201);
  });

  it('also counts what making the sizes adds: a picture that no longer fits is not made', async () => {
    const picture = await photograph(3000, 2000);
    const imageId = await mina.send(picture);
    await givenFile(mina.uid, STORAGE_BYTES - picture.length);
    const before = await dumpProject();
    expect((await mina.finish(imageId)).problem).toMatchObject(FULL);
    expect(await dumpProject()).toEqual(before);
  });

  it('is looked at before the bytes are: nobody whose storage is full has pictures decoded', async () => {
    const imageId = await mina.send(Buffer.from('no picture at all'));
    await givenFile(mina.uid, STORAGE_BYTES);
    const before = await dumpProject();
    expect((await mina.finish(imageId)).problem).toMatchObject({ ...FULL, usedBytes: STORAGE_BYTES });
    expect(await dumpProject()).toEqual(before);
  });
});

describe('Uploads of one person at a time', () => {
  /** Of one byte each, which are not sent. */
  async function givenUploads(count: number, state: 'open' | 'finished'): Promise<string[]> {
    const db = await database();
    const batch = db.batch();
    const ids = Array.from({ length: count }, () => newId('img'));
    for (const imageId of ids) {
      const place = { storeId: 'gcs:house', name: `uploads/${imageId}`, expireAt: new Date(clock.now() + DAY_MS) };
      batch.create(db.doc(`uploads/${imageId}`), {
        imageId,
        state,
        ownerId: mina.uid,
        title: '',
        contentType: 'image/png',
        bytes: 1,
        ...place,
      });
    }
    await batch.commit();
    return ids;
  }

  it('are 100 at most, those that are over included until their addresses are; of others as many again', async () => {
    const [first] = await givenUploads(60, 'open');
    await givenUploads(39, 'finished');
    expect((await mina.start(1000)).status).toBe(201);
    const before = await dumpProject();
    const refusal = async () => {
      const { problem, headers } = await mina.start(1000);
      return { status: problem?.status, code: problem?.code, retryAfterS: Number(headers.get('retry-after')) };
    };
    expect(await refusal()).toEqual({ status: 429, code: 'rate_limited', retryAfterS: DAY_MS / 1000 }); // none was finished
    expect(await dumpProject()).toEqual(before);
    expect((await (await newUploader(house)).start(1000)).status).toBe(201);
    const db = await database();
    await db.doc(`uploads/${first}`).update({ expireAt: new Date(clock.now() + 7 * MINUTE_MS) }); // as finished 13 minutes ago
    expect(await refusal()).toEqual({ status: 429, code: 'rate_limited', retryAfterS: 420 });
    await db.doc(`uploads/${first}`).update({ expireAt: new Date(clock.now()) });
    expect((await mina.start(1000)).status).toBe(201);
  });

  it('are not more when many are started at the same moment', async () => {
    await givenUploads(98, 'open');
    const answers = await Promise.all(Array.from({ length: 4 }, () => mina.start(1000)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 429, 429]);
  });
});

describe('Idempotency-Key of startUpload', () => {
  it('makes a repetition the same upload, with an address that is good again', async () => {
    const headers = { 'idempotency-key': newId('req') };
    const first = await mina.start(1000, {}, headers);
    clock.advance(60_000);
    const again = await mina.start(1000, {}, headers);
    clock.advance(-60_000);
    const { imageId, upload } = first.body;
    const later = new Date(Date.parse(upload.expiresAt) + 60_000).toISOString();
    expect(again.body).toEqual({ imageId, upload: { ...upload, url: expect.any(String), expiresAt: later } });
    expect([first, again].map((answer) => answer.headers.get('idempotent-replayed'))).toEqual([null, 'true']);
    const path = (url: string) => new URL(url).pathname;
    expect(path(again.body.upload.url)).toBe(path(upload.url));
  });

  it('refuses another upload with the same key, and finds nothing once the first is a picture', async () => {
    const headers = { 'idempotency-key': newId('req') };
    const picture = await photograph(90, 60);
    const { imageId, upload } = (await mina.start(picture.length, {}, headers)).body;
    expect((await mina.start(picture.length + 1, {}, headers)).problem).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    await fetch(upload.url, { method: 'PUT', headers: upload.headers, body: new Uint8Array(picture) });
    await mina.finish(imageId);
    expect((await mina.start(picture.length, {}, headers)).problem).toMatchObject({ status: 404, code: 'not_found' });
  });
});
