import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { REPLICATION_BOUNDS, replicateFiles } from '#shared/files';
import { database, newId, systemWorld } from '#shared/runtime';
import { deleteImage } from '../../../functions/images/deleteImage.ts';
import { listImages } from '../../../functions/images/listImages.ts';
import { updateImage } from '../../../functions/images/updateImage.ts';
import { dumpProject } from '../../matrix/projectDump.ts';
import { given } from '../../support/given.ts';
import { type House, openHouse } from '../../support/openHouse.ts';
import { photograph } from '../../support/somePictures.ts';
import { namesIn, newUploader, type Uploader } from './uploader.ts';

let house: House;
let mina: Uploader;

beforeAll(async () => {
  house = await openHouse({ hasBucket: true });
});
beforeEach(async () => {
  mina = await newUploader(house);
});
afterAll(() => house.close());

function replicate() {
  return replicateFiles({ world: systemWorld, signal: new AbortController().signal, bounds: REPLICATION_BOUNDS });
}

const NOT_FOUND = { status: 404, code: 'not_found' };

describe('deleteImage', () => {
  it('takes a picture away at once, and its bytes from every store with the next run of replicateMedia', async () => {
    const imageId = await mina.send(await photograph(900, 700));
    const { ticket } = (await mina.finish(imageId)).body;
    await replicate();
    const stored = await namesIn(`images/${imageId}/`);
    expect(stored.map((names) => names.length)).toEqual([2, 2]);

    const { status, body } = await house.service.call(deleteImage, { imageId }, mina);
    expect({ status, body }).toEqual({ status: 200, body: { deleted: true } });
    expect((await house.service.call(listImages, {}, mina)).body.items).toEqual([]);
    expect((await mina.show(imageId, { ticket })).status).toBe(404);
    expect((await house.service.call(updateImage, { imageId, title: 'Still here?' }, mina)).problem).toMatchObject(NOT_FOUND);
    expect((await mina.finish(imageId)).problem).toMatchObject(NOT_FOUND);

    expect(await replicate()).toEqual({ copied: 0, deleted: 1, failed: 0 });
    expect(await namesIn(`images/${imageId}/`)).toEqual([[], []]);
    expect(await leftOf(imageId)).toEqual([
      [`imageMedia/${imageId}`, { ownerId: mina.uid, original: null, large: null, thumb: null }],
      [`uploads/${imageId}`, expect.objectContaining({ state: 'finished', bytes: 0 })],
    ]);
  });

  it('is a success for its owner when it has gone already, and nothing to anybody else', async () => {
    const { imageId } = await given.image({ owner: mina.uid });
    const other = await newUploader(house);
    const remove = (by: Uploader, id = imageId) => house.service.call(deleteImage, { imageId: id }, by);
    expect((await remove(other)).problem).toMatchObject(NOT_FOUND);
    expect((await remove(mina)).body).toEqual({ deleted: true });
    await replicate();
    const after = await dumpProject();
    expect((await remove(mina)).body).toEqual({ deleted: true });
    expect((await remove(other)).problem).toMatchObject(NOT_FOUND);
    expect((await remove(mina, newId('img'))).problem).toMatchObject(NOT_FOUND);
    expect(await dumpProject()).toEqual(after);
  });
});

/** All that is still written anywhere about a picture. */
async function leftOf(imageId: string) {
  return Object.entries(await dumpProject()).filter(([path, document]) => `${path}${JSON.stringify(document)}`.includes(imageId));
}

describe('listImages and updateImage', () => {
  it('gives one’s own pictures, the newest first, each once, by pages', async () => {
    const days = [3, 1, 2, 2];
    const made = await Promise.all(days.map((day) => given.image({ owner: mina.uid, createdAt: `2026-03-0${day}T12:00:00.000Z` })));
    await given.image({ owner: (await newUploader(house)).uid });
    const seen: string[] = [];
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const page = (await house.service.call(listImages, { limit: 2, ...(cursor ? { cursor } : {}) }, mina)).body;
      seen.push(...page.items.map(({ imageId }) => imageId));
      cursor = page.nextCursor;
    }
    const newest = (one: (typeof made)[number], other: typeof one) =>
      other.createdAt.localeCompare(one.createdAt) || (other.imageId < one.imageId ? -1 : 1);
    expect(seen).toEqual(made.toSorted(newest).map(({ imageId }) => imageId));
  });

  it('leaves out a picture that somebody has spoiled by hand, and shows all others', async () => {
    const [good, spoiled] = await Promise.all([given.image({ owner: mina.uid }), given.image({ owner: mina.uid })]);
    const db = await database();
    await db.doc(`images/${spoiled.imageId}`).update({ widthPx: 'wide' });
    expect((await house.service.call(listImages, {}, mina)).body.items).toEqual([good]);
  });

  it('gives a picture another title, which its owner reads at once, and nobody else may', async () => {
    const image = await given.image({ owner: mina.uid });
    const renamed = { ...image, title: '강가에서' };
    const change = (by: Uploader) => house.service.call(updateImage, { imageId: image.imageId, title: '강가에서' }, by);
    expect((await change(await newUploader(house))).problem).toMatchObject(NOT_FOUND);
    expect((await change(mina)).body).toEqual({ image: renamed });
    expect((await house.service.call(listImages, {}, mina)).body.items).toEqual([renamed]);
  });
});
