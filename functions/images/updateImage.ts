/** Changes the title of a picture. Only its owner may. */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { changeImage, Image, ImageId, ImageTitle, images } from '#shared/images';

export const updateImage = defineEndpoint({
  name: 'updateImage',
  method: 'POST',
  summary: 'Change the title of a picture',
  access: 'user',
  feature: 'library',
  needs: { image: images.may('update', 'imageId') },
  rate: 'write',
  budget: { reads: 2, writes: 1 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ imageId: ImageId, title: ImageTitle }),
  output: z.strictObject({ image: Image }),
  errors: [],
  cache: 'none',
  examples: [{ title: 'Name a picture', input: { imageId: 'img_0123456789abcdefghjk', title: 'By the river' } }],

  async handler({ imageId, title }) {
    return { image: await changeImage(imageId, { title }) };
  },
});
