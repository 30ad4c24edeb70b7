import { Readable } from 'node:stream';
import { imageObjectName, mediaStore, type StoredObject } from '#shared/media';
import type { Picture, PictureSizes } from './makeSizes.ts';
import type { ImageMedia } from './schema.ts';

export interface Storing {
  imageId: string;
  ownerId: string;
  /** Two that store the same picture at once each have their own, so that neither writes over the other's. */
  attempt: string;
  signal: AbortSignal;
}

/**
 * Brings all sizes of a picture into storage. Their names hold their checksums, so doing it again changes nothing.
 *
 * @throws {MediaFault}
 */
export async function storePicture({ original, large, thumb }: PictureSizes, storing: Storing): Promise<ImageMedia> {
  const stored = new Map<Picture, StoredObject>();
  for (const picture of new Set([original, large, thumb])) stored.set(picture, await store(picture, storing));
  const of = (picture: Picture) => stored.get(picture) ?? null;
  return { ownerId: storing.ownerId, original: of(original), large: of(large), thumb: of(thumb) };
}

async function store({ bytes, contentType }: Picture, { imageId, attempt, signal }: Storing): Promise<StoredObject> {
  const media = mediaStore();
  const stagingName = `staging/${imageId}/${attempt}`;
  try {
    const staged = await media.stage(Readable.from([bytes]), { stagingName, contentType, maxBytes: bytes.length, signal });
    return await media.publish(staged, imageObjectName(imageId, staged.sha256, contentType));
  } catch (error) {
    // Also when staging itself has failed: all may have arrived, and only the answer not. The cause is what counts.
    await media.discard(stagingName).catch(() => undefined);
    throw error;
  }
}
