import type { Transaction } from '@google-cloud/firestore';
import { STORAGE_BYTES, usedBytes } from '#shared/files';
import { MediaFault, type MediaStore, mediaStores } from '#shared/media';
import { database, type NewId, Problem, problem, transact } from '#shared/runtime';
import { DecoderExhausted, PictureUnreadable, pictureType } from './decodePicture.ts';
import { makeSizes, type PictureSizes } from './makeSizes.ts';
import { Image, type ImageMedia, type Upload } from './schema.ts';
import { sealUpload } from './sealUpload.ts';
import { closeUpload, createImage, imageRef, objectsOf, type StartedImage, toStarted, toUpload, uploadRef } from './store.ts';
import { storePicture } from './storePicture.ts';
import { orUnavailable, unavailable } from './uploadStore.ts';

interface Finishing {
  now: Date;
  newId: NewId;
  signal: AbortSignal;
  /** How long each form of the picture may take. */
  limitS?: number;
}

/**
 * Looks at what was uploaded, makes its sizes, and only then is there a picture. Whatever happens before leaves objects at most that
 * no document names, which `sweepStorage` removes; finishing again begins anew, and of what is finished gives the picture. What is
 * refused has been looked at once and for all.
 *
 * @throws `upload_missing`, `picture_refused`, `storage_full`, `feature_unavailable`; `not_found` when it was refused, or deleted meanwhile
 */
export async function finishUpload({ image, upload }: StartedImage, finishing: Finishing): Promise<Image> {
  if (image) {
    if (upload && upload.bytes > 0) await sealUpload(upload); // whoever made the picture has died before it
    return image;
  }
  if (upload?.state !== 'open') throw problem('not_found');
  const { now, newId, signal } = finishing;
  const store = mediaStores().find(({ id }) => id === upload.storeId);
  if (!store) throw unavailable(new Error(`MEDIA_STORES names ${upload.storeId} no longer`));
  await requireRoom(upload.ownerId, upload.bytes); // a look at the pixels costs more
  const sizes = await look(store, upload, finishing).catch((error: unknown) => asFinished(upload.imageId, error));
  if ('state' in sizes) return sizes;
  const attempt = newId('clm');
  const media = await orUnavailable(storePicture(sizes, { imageId: upload.imageId, ownerId: upload.ownerId, attempt, signal }));
  const finished = await createOnce(upload, sizes, media, now);
  await sealUpload(upload);
  return finished;
}

/** Nothing is there any more because another call was quicker: then the picture is what that one has made of it. */
async function asFinished(imageId: string, error: unknown): Promise<Image> {
  if (!(error instanceof Problem) || error.code !== 'upload_missing') throw error;
  const db = await database();
  const [image, upload] = await db.getAll(imageRef(db, imageId), uploadRef(db, imageId));
  const current = toStarted(image!, upload!);
  if (current?.image) return current.image;
  throw current?.upload?.state === 'open' ? error : problem('not_found');
}

async function requireRoom(ownerId: string, bytes: number, transaction?: Transaction): Promise<void> {
  const used = await usedBytes(ownerId, transaction);
  if (used + bytes > STORAGE_BYTES) throw problem('storage_full', { usedBytes: used, limitBytes: STORAGE_BYTES });
}

async function look(store: MediaStore, upload: Upload, { now, signal, limitS }: Finishing): Promise<PictureSizes> {
  try {
    const bytes = await readUpload(store, upload, signal);
    if (pictureType(bytes) !== upload.contentType) throw new PictureUnreadable(`not ${upload.contentType}, as was announced`);
    return await makeSizes(bytes, { signal, ...(limitS === undefined ? {} : { limitS }) });
  } catch (error) {
    if (error instanceof DecoderExhausted) throw unavailable(error, 'load');
    if (!(error instanceof PictureUnreadable)) throw error;
    await refuse(upload.imageId, now);
    await sealUpload(upload);
    throw problem('picture_refused', { reason: error.message }, error);
  }
}

/** At most one byte more than was announced is ever held. Nothing at all is the seal of one that another has finished meanwhile. */
async function readUpload(store: MediaStore, { name, bytes }: Upload, signal: AbortSignal): Promise<Buffer> {
  try {
    const chunks: Buffer[] = [];
    let seen = 0;
    for await (const chunk of (await store.open(name, undefined, signal)).body) {
      chunks.push(chunk as Buffer);
      seen += (chunk as Buffer).length;
      if (seen > bytes) break;
    }
    if (seen === 0) throw problem('upload_missing');
    if (seen !== bytes) throw new PictureUnreadable('not of the length that was announced');
    return Buffer.concat(chunks);
  } catch (error) {
    if (!(error instanceof MediaFault)) throw error;
    throw error.kind === 'missing' ? problem('upload_missing') : unavailable(error);
  }
}

/** Only what nobody else has finished or refused meanwhile. */
function refuse(imageId: string, now: Date): Promise<void> {
  return transact(async (transaction, db) => {
    const current = toUpload(await transaction.get(uploadRef(db, imageId)));
    if (current?.state === 'open') closeUpload(transaction, db, imageId, 'refused', now);
  });
}

/** All documents or none. Whoever comes second gets what the first has made. */
function createOnce(upload: Upload, { original }: PictureSizes, media: ImageMedia, now: Date): Promise<Image> {
  const { imageId, ownerId, title } = upload;
  const { contentType, bytes, widthPx, heightPx } = original;
  const image = Image.parse({
    ...{ imageId, ownerId, title, contentType, widthPx, heightPx, bytes: bytes.length },
    ...{ state: 'ready', createdAt: now.toISOString() },
  });
  const stored = objectsOf(media).reduce((sum, object) => sum + object.bytes, 0);
  return transact(async (transaction, db) => {
    const [imageSnapshot, uploadSnapshot] = await transaction.getAll(imageRef(db, imageId), uploadRef(db, imageId));
    const current = toStarted(imageSnapshot!, uploadSnapshot!);
    if (current?.image) return current.image;
    if (current?.upload?.state !== 'open') throw problem('not_found');
    await requireRoom(ownerId, stored, transaction);
    createImage(transaction, db, image, media);
    closeUpload(transaction, db, imageId, 'finished', now);
    return image;
  });
}
