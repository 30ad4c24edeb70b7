import { listNewest } from '#shared/runtime';
import { Image, ImageId } from './schema.ts';

/** A page of a person's pictures, the newest first. */
export function listImages(ownerId: string, page: { limit: number; cursor?: string | undefined }) {
  return listNewest({ collection: 'images', where: { ownerId }, id: ImageId, read: (document) => Image.parse(document) }, page);
}
