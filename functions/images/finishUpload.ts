/**
 * Makes a picture of what was sent to the bucket: looks at its bytes, removes its metadata, makes its sizes. Finishing again gives
 * the same picture. What is refused is over: another try begins with `startUpload`.
 */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { finishUpload as finish, Image, ImageId, pictureTicket, startedImages } from '#shared/images';

export const finishUpload = defineEndpoint({
  name: 'finishUpload',
  method: 'POST',
  summary: 'Make a picture of what was sent',
  access: 'user',
  feature: 'uploads',
  needs: { started: startedImages.may('finish', 'imageId') },
  rate: 'write',
  budget: { reads: 6, writes: 5 },
  resources: { memoryMiB: 1024, concurrency: 4, timeoutS: 60 }, // one picture at a time takes 300 MB at most, and others wait with 20 each
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ imageId: ImageId }),
  output: z.strictObject({ image: Image, ticket: z.string() }),
  errors: ['upload_missing', 'picture_refused', 'storage_full'],
  cache: 'none',
  examples: [{ title: 'All bytes are there', input: { imageId: 'img_0123456789abcdefghjk' } }],

  async handler(_input, { uid }, { found, now, newId, signal }) {
    const image = await finish(found.started, { now, newId, signal });
    return { image, ticket: pictureTicket(uid, { now, newId }) };
  },
});
