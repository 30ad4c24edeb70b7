import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { verifyTicket } from '#shared/access';
import { listImages } from '../../../functions/images/listImages.ts';
import { dumpProject } from '../../matrix/projectDump.ts';
import { type House, openHouse } from '../../support/openHouse.ts';
import { cutJpeg, movingPng, movingWebp, photograph, pixelBomb, plain, SECRET_PLACE } from '../../support/somePictures.ts';
import { looks, namesIn, newUploader, placeOf, put, type Uploader } from './uploader.ts';

let house: House;
let mina: Uploader;

beforeAll(async () => {
  house = await openHouse({ hasBucket: true });
});
beforeEach(async () => {
  mina = await newUploader(house);
});
afterAll(() => house.close());

describe('A photograph that is uploaded', () => {
  it('is a picture of its owner: upright, in three sizes, without where it was taken', async () => {
    const taken = await photograph(3000, 1200);
    const started = await mina.start(taken.length, { title: '강가에서' });
    const { imageId, upload } = started.body;
    expect([started.status, upload.method, (await put(upload, taken)).status]).toEqual([201, 'PUT', 200]);
    const finished = await mina.finish(imageId);
    const { image, ticket } = finished.body;
    const original = await mina.show(imageId, { ticket });
    expect({ status: finished.status, image }).toEqual({
      status: 200,
      image: {
        ...{ imageId, ownerId: mina.uid, title: '강가에서', contentType: 'image/jpeg', bytes: original.bytes.length },
        ...{ widthPx: 1200, heightPx: 3000, state: 'ready', createdAt: expect.any(String) },
      },
    });
    const sizes = [original, await mina.show(imageId, { size: 'large', ticket }), await mina.show(imageId, { size: 'thumb', ticket })];
    expect(await Promise.all(sizes.map(({ bytes }) => looks(bytes)))).toEqual([
      { format: 'jpeg', width: 1200, height: 3000, metadata: [] },
      { format: 'webp', width: 819, height: 2048, metadata: [] },
      { format: 'webp', width: 128, height: 320, metadata: [] },
    ]);
    expect(sizes.map(({ headers }) => headers.get('content-type'))).toEqual(['image/jpeg', 'image/webp', 'image/webp']);
    expect([taken, ...sizes.map(({ bytes }) => bytes)].map((bytes) => bytes.includes(SECRET_PLACE))).toEqual([true, false, false, false]);
    expect(verifyTicket(ticket, Date.now())?.claims).toMatchObject({ use: 'pictures', subject: mina.uid });
    expect((await house.service.call(listImages, {}, mina)).body).toMatchObject({ items: [image], nextCursor: null });
  });

  it('leaves no bytes of the upload behind but an empty seal, and no size twice', async () => {
    const imageId = await mina.send(await plain(300, 200).png().toBuffer(), 'image/png');
    expect((await mina.finish(imageId)).body.image).toMatchObject({ title: '', contentType: 'image/png', widthPx: 300, heightPx: 200 });
    expect([await placeOf(imageId), (await namesIn(`staging/${imageId}`)).flat()]).toEqual([[0], []]);
    expect((await namesIn(`images/${imageId}/`)).flat()).toHaveLength(1);
    expect(Object.keys(await dumpProject()).filter((path) => path.includes(imageId))).toEqual([
      `imageMedia/${imageId}`,
      `images/${imageId}`,
      `uploads/${imageId}`,
    ]);
  });

  it('is finished once, however often and by how many at once', async () => {
    const imageId = await mina.send(await photograph(800, 600));
    const answers = await Promise.all(Array.from({ length: 4 }, () => mina.finish(imageId)));
    const later = await mina.finish(imageId);
    const images = [...answers, later].map(({ status, body }) => ({ status, image: body.image }));
    expect(images).toEqual(images.map(() => ({ status: 200, image: later.body.image })));
    expect((await namesIn(`images/${imageId}/`)).flat()).toHaveLength(2);
  });

  it('waits until its bytes have come', async () => {
    const picture = await photograph(400, 300);
    const { imageId, upload } = (await mina.start(picture.length)).body;
    expect((await mina.finish(imageId)).problem).toMatchObject({ status: 409, code: 'upload_missing' });
    await put(upload, picture);
    expect((await mina.finish(imageId)).status).toBe(200);
  });
});

describe('G12: what is uploaded and is no picture', () => {
  it.each<[string, string, () => Buffer | Promise<Buffer>, string]>([
    ['a page called PNG', 'image/png', () => Buffer.from('<html><script>alert(1)</script></html>'), 'not image/png, as was announced'],
    ['a JPEG called PNG', 'image/png', () => photograph(90, 60), 'not image/png, as was announced'],
    ['30 million pixels in a few kB', 'image/png', pixelBomb, 'more than 75000000 bytes when it is decoded'],
    ['a moving WebP', 'image/webp', movingWebp, 'a moving picture'],
    ['a moving PNG', 'image/png', movingPng, 'a moving picture'],
    ['a cut JPEG', 'image/jpeg', cutJpeg, 'damaged or too large to be decoded'],
    ['a JPEG of three bytes', 'image/jpeg', () => Buffer.from([0xff, 0xd8, 0xff]), 'damaged or too large to be decoded'],
  ])(
    'is refused when it is %s, says why, and is over: its bytes go, and it is not looked at again',
    async (_what, contentType, make, reason) => {
      const imageId = await mina.send(await make(), contentType);
      const [documents, objects] = [await dumpProject(), await namesIn('')];
      expect((await mina.finish(imageId)).problem).toMatchObject({
        ...{ status: 400, code: 'picture_refused', detail: `What was uploaded is ${reason}.` },
      });
      const [path, over] = [`uploads/${imageId}`, { state: 'refused', bytes: 0, expireAt: expect.any(String) }];
      expect(await dumpProject()).toEqual({ ...documents, [path]: { ...(documents[path] as object), ...over } });
      expect([await namesIn(''), await placeOf(imageId)]).toEqual([objects, [0]]);
      expect((await mina.finish(imageId)).problem).toMatchObject({ status: 404, code: 'not_found' });
    },
  );

  it.each([
    [{ bytes: 20 * 1024 * 1024 + 1 }],
    [{ bytes: 0 }],
    [{ bytes: 1.5 }],
    [{ contentType: 'image/gif' }],
    [{ contentType: 'image/svg+xml' }],
    [{ contentType: 'text/html' }],
    [{ title: '' }],
    [{ imageId: 'img_0123456789abcdefghjk' }],
  ])('is not even let in when it is announced as %j', async (wrong) => {
    const before = await dumpProject();
    const announced = { contentType: 'image/jpeg', bytes: 1000, ...wrong };
    expect((await mina.start(announced.bytes, announced)).problem).toMatchObject({ status: 400, code: 'invalid_input' });
    expect(await dumpProject()).toEqual(before);
  });
});

describe('G6: an upload', () => {
  it('cannot be finished by another, and looks to others as if it were not there', async () => {
    const imageId = await mina.send(await photograph(90, 60));
    const [other, before] = [await newUploader(house), await dumpProject()];
    const nothing = (await other.finish('img_00000000000000000000')).problem!;
    expect((await other.finish(imageId)).problem).toEqual({ ...nothing, requestId: expect.any(String) });
    expect(nothing).toMatchObject({ status: 404, code: 'not_found' });
    expect(await dumpProject()).toMatchObject(before);
    expect((await mina.finish(imageId)).status).toBe(200);
  });
});
