import type { DocumentSnapshot, Firestore, Transaction, WriteBatch } from '@google-cloud/firestore';
import { needsOf } from '#shared/access';
import { writeFile } from '#shared/files';
import type { StoredObject } from '#shared/media';
import { database, fromDocument, toDocument } from '#shared/runtime';
import { Image, ImageMedia, Upload } from './schema.ts';

/** Pictures that are there. They are private: nobody but the owner ever sees one. */
export const images = needsOf('image', { find: findImage, subject: ({ ownerId }) => privately(ownerId) });

/** For finishing: an upload that was started, also one that is over, or the picture that it has become. */
export const startedImages = needsOf('image', { find: findStarted, subject: ({ ownerId }) => privately(ownerId) });

/** For deleting: also a picture that has gone already. Its media document still tells whose it was. */
export const imagesEverMade = needsOf('image', { find: readImageMedia, subject: ({ ownerId }) => privately(ownerId) });

export function privately(ownerId: string) {
  return { ownerId, isShared: false };
}

async function findImage(imageId: string): Promise<Image | undefined> {
  const db = await database();
  return toImage(await imageRef(db, imageId).get());
}

export interface StartedImage {
  ownerId: string;
  upload: Upload | undefined;
  image: Image | undefined;
}

async function findStarted(imageId: string): Promise<StartedImage | undefined> {
  const db = await database();
  const [image, upload] = await db.getAll(imageRef(db, imageId), uploadRef(db, imageId));
  return toStarted(image!, upload!);
}

export function toStarted(imageSnapshot: DocumentSnapshot, uploadSnapshot: DocumentSnapshot): StartedImage | undefined {
  const [image, upload] = [toImage(imageSnapshot), toUpload(uploadSnapshot)];
  const ownerId = image?.ownerId ?? upload?.ownerId;
  return ownerId === undefined ? undefined : { ownerId, image, upload };
}

export function toImage(snapshot: DocumentSnapshot): Image | undefined {
  const data = snapshot.data();
  return data && Image.parse(fromDocument(data));
}

/** An upload that has lapsed is not there, though its record stays until its bytes have gone. */
export function toUpload(snapshot: DocumentSnapshot): Upload | undefined {
  const data = snapshot.data();
  const upload = data && Upload.parse(fromDocument(data));
  return upload && Date.parse(upload.expireAt) > snapshot.readTime.toMillis() ? upload : undefined;
}

async function readImageMedia(imageId: string): Promise<(ImageMedia & { imageId: string }) | undefined> {
  const db = await database();
  const media = toMedia(await mediaRef(db, imageId).get());
  return media && { imageId, ...media };
}

export function toMedia(snapshot: DocumentSnapshot): ImageMedia | undefined {
  const data = snapshot.data();
  return data && ImageMedia.parse(fromDocument(data));
}

/** Every object of a picture, each once: sizes may be one and the same. */
export function objectsOf({ original, large, thumb }: ImageMedia): StoredObject[] {
  const objects = [original, large, thumb].filter((object) => object !== null);
  return [...new Map(objects.map((object) => [object.name, object])).values()];
}

/** Adds all documents of a new picture to whatever is being written, which fails as a whole when there is one of this id. */
export function createImage(writer: Transaction | WriteBatch, db: Firestore, image: Image, media: ImageMedia): void {
  const { imageId, ownerId, createdAt } = image;
  (writer as WriteBatch).create(imageRef(db, imageId), toDocument(image));
  (writer as WriteBatch).create(mediaRef(db, imageId), toDocument(media));
  writeFile(writer, db, { kind: 'image', ownerId, belongsTo: imageId, objects: objectsOf(media), now: new Date(createdAt) });
}

/** An address is good for 15 minutes; one that was asked for at the last moment, a little longer. */
export const ADDRESS_LIFE_MS = 20 * 60_000;

/** Nobody can finish it any more. */
export function closeUpload(transaction: Transaction, db: Firestore, imageId: string, state: 'finished' | 'refused', now: Date): void {
  transaction.update(uploadRef(db, imageId), { state, expireAt: new Date(now.getTime() + ADDRESS_LIFE_MS) });
}

export function imageRef(db: Firestore, imageId: string) {
  return db.collection('images').doc(imageId);
}

export function mediaRef(db: Firestore, imageId: string) {
  return db.collection('imageMedia').doc(imageId);
}

export function uploadRef(db: Firestore, imageId: string) {
  return db.collection('uploads').doc(imageId);
}
