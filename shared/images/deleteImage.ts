import { discardFile } from '#shared/files';
import { transact } from '#shared/runtime';
import type { ImageMedia } from './schema.ts';
import { forgetPicture } from './shownPictures.ts';
import { imageRef, mediaRef, objectsOf, toMedia } from './store.ts';

/**
 * The picture has gone at once; its bytes go as soon as storage can. The media document stays, empty: it knows whose the picture
 * was, so that deleting it again is a success for him and for nobody else.
 */
export async function deleteImage(imageId: string, now: Date): Promise<void> {
  await transact(async (transaction, db) => {
    const media = toMedia(await transaction.get(mediaRef(db, imageId)));
    const objects = media ? objectsOf(media) : [];
    if (!media || objects.length === 0) return;
    const { ownerId } = media;
    transaction.delete(imageRef(db, imageId));
    transaction.set(mediaRef(db, imageId), { ownerId, original: null, large: null, thumb: null } satisfies ImageMedia);
    discardFile(transaction, db, { kind: 'image', ownerId, belongsTo: imageId, objects, now });
  });
  forgetPicture(imageId);
}
