import type { Firestore, WriteBatch } from '@google-cloud/firestore';
import { writeFile } from '#shared/files';
import { toDocument } from '#shared/runtime';
import type { Image, ImageMedia, ImageType } from './schema.ts';

/** Adds the two documents of a new picture to a batch, which fails as a whole when there is one of this id. */
export function createImage(batch: WriteBatch, db: Firestore, image: Image, media: ImageMedia): void {
  batch.create(db.doc(`images/${image.imageId}`), toDocument(image));
  batch.create(db.doc(`imageMedia/${image.imageId}`), toDocument(media));
  const { imageId: belongsTo, ownerId, createdAt } = image;
  writeFile(batch, db, { kind: 'image', ownerId, belongsTo, objects: [media.original], now: new Date(createdAt) });
}

const ENDINGS: Record<ImageType, string> = { 'image/jpeg': 'jpg', 'image/png': 'png', 'image/webp': 'webp' };

/** Where a picture stands as it was brought in. */
export function imageObjectName(imageId: string, sha256: string, contentType: ImageType): string {
  return `images/${imageId}/${sha256}.${ENDINGS[contentType]}`;
}
