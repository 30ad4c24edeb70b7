/** Deletes a picture. It has gone at once, its bytes within minutes. Deleting it again is a success. */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { ImageId, imagesEverMade, deleteImage as removeImage } from '#shared/images';

export const deleteImage = defineEndpoint({
  name: 'deleteImage',
  method: 'POST',
  summary: 'Delete a picture',
  access: 'user',
  feature: 'files',
  needs: { image: imagesEverMade.may('delete', 'imageId') },
  rate: 'write',
  budget: { reads: 2, writes: 3 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ imageId: ImageId }),
  output: z.strictObject({ deleted: z.literal(true) }),
  errors: [],
  cache: 'none',
  examples: [{ title: 'Not this one', input: { imageId: 'img_0123456789abcdefghjk' } }],

  async handler({ imageId }, _caller, { now }) {
    await removeImage(imageId, now);
    return { deleted: true as const };
  },
});
