import { z } from 'zod';
import { text } from '#shared/runtime';

export const ImageTitle = text({ max: 80 });

export const ImageType = z.enum(['image/jpeg', 'image/png', 'image/webp']);
export type ImageType = z.output<typeof ImageType>;

/** A picture as its owner sees it, and exactly what `images/{imageId}` holds. */
export const Image = z.strictObject({
  imageId: z.string(),
  ownerId: z.string(),
  title: z.string(),
  contentType: ImageType,
  bytes: z.int(),
  widthPx: z.int(),
  heightPx: z.int(),
  state: z.enum(['ready']),
  createdAt: z.iso.datetime(),
});
export type Image = z.output<typeof Image>;

const StoredImage = z.strictObject({
  storeId: z.string(),
  name: z.string(),
  bytes: z.int(),
  sha256: z.string(),
  contentType: ImageType,
});

/** Where a picture's bytes are: `imageMedia/{imageId}`, which no client may read. */
export const ImageMedia = z.strictObject({ ownerId: z.string(), original: StoredImage });
export type ImageMedia = z.output<typeof ImageMedia>;
