import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  changeImage,
  deleteImage,
  finishUpload,
  images,
  imagesEverMade,
  listImages,
  shownImages,
  startedImages,
  startUpload,
} from '#shared/images';
import { Claim } from '#shared/limits';
import { type Clock, newId, systemClock } from '#shared/runtime';
import { deleteImage as deleteImageEndpoint } from '../../../functions/images/deleteImage.ts';
import { finishUpload as finishUploadEndpoint } from '../../../functions/images/finishUpload.ts';
import { listImages as listImagesEndpoint } from '../../../functions/images/listImages.ts';
import { showImage } from '../../../functions/images/showImage.ts';
import { startUpload as startUploadEndpoint } from '../../../functions/images/startUpload.ts';
import { updateImage } from '../../../functions/images/updateImage.ts';
import { countDocuments } from '../../support/countDocuments.ts';
import { given } from '../../support/given.ts';
import { type House, openHouse } from '../../support/openHouse.ts';
import { photograph } from '../../support/somePictures.ts';
import { newUploader, put, type Uploader } from './uploader.ts';

let house: House;
let mina: Uploader;

beforeAll(async () => {
  house = await openHouse({ hasBucket: true });
  mina = await newUploader(house);
});
afterAll(() => house.close());

const NOBODY = { kind: 'anonymous' } as const;

it('an upload reads and writes no more than startUpload and finishUpload say', async () => {
  const picture = await photograph(400, 300);
  const input = { contentType: 'image/jpeg', bytes: picture.length } as const;
  const claim = new Claim({ uid: mina.uid, functionName: 'startUpload', key: newId('req'), input });
  let started: Awaited<ReturnType<typeof startUpload>>;
  const starting = await countDocuments(async () => {
    started = await startUpload({ uid: mina.uid, input, claim, now: new Date(), newId });
  });
  expect(starting).toEqual(startUploadEndpoint.budget);
  const { imageId, upload } = started!;
  await put({ ...upload, expiresAt: '' }, picture);
  const finishing = await countDocuments(async () => {
    const found = await startedImages.may('finish', 'imageId').find(imageId, NOBODY, systemClock);
    await finishUpload(found!, { now: new Date(), newId, signal: AbortSignal.timeout(10_000) });
  });
  expect(finishing).toEqual(finishUploadEndpoint.budget);
});

it('a picture costs no more to show, change, list and delete than their functions say', async () => {
  const { imageId } = await given.image({ owner: mina.uid });
  const find = (things: {
    may(verb: 'read', field: string): { find(id: string, caller: typeof NOBODY, clock: Clock): Promise<unknown> };
  }) => things.may('read', 'imageId').find(imageId, NOBODY, systemClock);
  expect(await countDocuments(() => find(shownImages))).toEqual(showImage.budget);
  expect(
    await countDocuments(async () => {
      await find(images);
      await changeImage(imageId, { title: 'Another' });
    }),
  ).toEqual(updateImage.budget);
  const listing = await countDocuments(() => listImages(mina.uid, { limit: 100 }));
  expect(listing.reads).toBeLessThanOrEqual(listImagesEndpoint.budget.reads);
  expect(listing.writes).toBe(0);
  expect(
    await countDocuments(async () => {
      await find(imagesEverMade);
      await deleteImage(imageId, new Date());
    }),
  ).toEqual(deleteImageEndpoint.budget);
});
