import { problem, transact } from '#shared/runtime';
import type { Image } from './schema.ts';
import { imageRef, toImage } from './store.ts';

/** @throws `not_found` when it has gone */
export function changeImage(imageId: string, { title }: Pick<Image, 'title'>): Promise<Image> {
  return transact(async (transaction, db) => {
    const image = toImage(await transaction.get(imageRef(db, imageId)));
    if (!image) throw problem('not_found');
    transaction.update(imageRef(db, imageId), { title });
    return { ...image, title };
  });
}
