import { Readable } from 'node:stream';
import { mediaStores } from '#shared/media';
import { database, log } from '#shared/runtime';
import type { Upload } from './schema.ts';
import { uploadRef } from './store.ts';

/**
 * Puts an empty object in the place of what was sent, in one step. The address of an upload that is over lives on for minutes, and the
 * bucket takes nothing there as long as something stands in that place: to remove it would open the place again.
 *
 * Best effort, and safe to repeat: until it has worked the announced bytes count as stored, and `sweepStorage` removes what is left.
 */
export async function sealUpload({ imageId, storeId, name, contentType }: Upload): Promise<void> {
  try {
    const store = mediaStores().find(({ id }) => id === storeId);
    if (!store) throw new Error(`MEDIA_STORES names ${storeId} no longer`);
    await store.stage(Readable.from([]), { stagingName: name, contentType, maxBytes: 0 });
    const db = await database();
    await uploadRef(db, imageId).update({ bytes: 0 });
  } catch (error) {
    log.warn('upload_not_sealed', { imageId, error });
  }
}
