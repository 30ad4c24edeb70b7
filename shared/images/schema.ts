import { z } from 'zod';
import { StoredObject } from '#shared/media';
import { idOf, text } from '#shared/runtime';

export const ImageId = idOf('img');
export const ImageTitle = text({ max: 80 });

export const ImageType = z.enum(['image/jpeg', 'image/png', 'image/webp']);
export type ImageType = z.output<typeof ImageType>;

/** `large` and `thumb` are for screens; `original` is as large as it came. */
export const ImageSize = z.enum(['original', 'large', 'thumb']);
export type ImageSize = z.output<typeof ImageSize>;

/** A picture as its owner sees it, and exactly what `images/{imageId}` holds. `bytes` and the like are of the original. */
export const Image = z.strictObject({
  imageId: z.string(),
  ownerId: z.string(),
  /** Empty when none was given. */
  title: z.string(),
  contentType: ImageType,
  bytes: z.int(),
  widthPx: z.int(),
  heightPx: z.int(),
  state: z.enum(['ready']),
  createdAt: z.iso.datetime(),
});
export type Image = z.output<typeof Image>;

/**
 * Where a picture's bytes are: `imageMedia/{imageId}`, which no client may read. A size that the original has already is the
 * original; pictures of before there were sizes have no other. Of a deleted picture only its owner is left.
 */
export const ImageMedia = z.strictObject({
  ownerId: z.string(),
  original: StoredObject.nullable(),
  large: StoredObject.nullable().default(null),
  thumb: StoredObject.nullable().default(null),
});
export type ImageMedia = z.output<typeof ImageMedia>;

/** What a person may send: 20 MiB. */
export const MOST_UPLOAD_BYTES = 20 * 1024 * 1024;

export const StartUploadInput = z.strictObject({
  contentType: ImageType,
  bytes: z.int().min(1).max(MOST_UPLOAD_BYTES),
  title: ImageTitle.optional(),
});

/**
 * `uploads/{imageId}`, closed to clients: what somebody was allowed to write, and the object where it is to be found.
 *
 * One that is over can neither be finished nor sent again. Nothing but `sweepStorage` removes it, after its object has gone and its
 * address has lapsed: as long as bytes of a person may lie somewhere, it says whose they are.
 */
export const Upload = z.strictObject({
  imageId: z.string(),
  state: z.enum(['open', 'finished', 'refused']).default('open'),
  ownerId: z.string(),
  title: z.string(),
  contentType: ImageType,
  /** What may lie there: as announced; 0 once it is sealed. */
  bytes: z.int(),
  storeId: z.string(),
  name: z.string(),
  expireAt: z.iso.datetime(),
});
export type Upload = z.output<typeof Upload>;
