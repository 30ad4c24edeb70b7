/** One of the caller's pictures. `<img>` sends no header: for it, `listImages` and `finishUpload` give a ticket. */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { showObject } from '#shared/files';
import { ImageId, ImageSize, shownImages } from '#shared/images';
import { problem } from '#shared/runtime';

export const showImage = defineEndpoint({
  name: 'showImage',
  method: 'GET',
  summary: 'Show a picture',
  access: 'user',
  feature: 'streaming',
  needs: { picture: shownImages.may('read', 'imageId') },
  ticket: 'pictures',
  rate: 'stream',
  budget: { reads: 2, writes: 0 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ imageId: ImageId, size: ImageSize.default('original'), ticket: z.string().max(4096).optional() }),
  output: 'bytes',
  errors: ['range_not_satisfiable'],
  cache: 'none',
  examples: [{ title: 'As a list shows it', input: { imageId: 'img_0123456789abcdefghjk', size: 'thumb' } }],

  async handler({ size }, _caller, { found, now, clock, signal }) {
    const { createdAt, ...media } = found.picture;
    const object = media[size] ?? media.original;
    if (!object) throw problem('not_found');
    return await showObject(object, { now, clock, signal, createdAt });
  },
});
