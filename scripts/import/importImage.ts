import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createImage, Image, ImageMedia, type InspectedImage, imageObjectName, inspectImage, PictureUnreadable } from '#shared/images';
import { findFile } from './findFile.ts';
import { importedId } from './importedId.ts';
import type { ImportRun } from './importRun.ts';
import { createMarked } from './marks.ts';
import { ownerOf } from './owner.ts';
import { EntryFault, type Outcome } from './report.ts';
import type { ImageFields } from './schema.ts';
import { storeBytes } from './storeBytes.ts';

const MOST_BYTES = 20 * 1024 * 1024;
/** Written anew, a picture may grow. */
const MOST_STORED_BYTES = 110 * 1024 * 1024;

/** Brings a picture in. @throws {EntryFault} */
export async function importImage(fields: ImageFields, run: ImportRun): Promise<Outcome> {
  const imageId = importedId('img', run.source, fields.id);
  const owner = ownerOf(fields.ownerId, run);
  if (run.imported.has(imageId)) return 'there';
  if (!owner) return 'gone';
  const picture = await look(await findFile(run.folder, 'file', fields.file, MOST_BYTES));
  if (run.isDryRun) return 'new';

  const { contentType, widthPx, heightPx } = picture;
  const nameOf = (sha256: string) => imageObjectName(imageId, sha256, contentType);
  const original = await storeBytes(Readable.from([picture.bytes]), {
    ...{ id: imageId, what: 'image', contentType, maxBytes: MOST_STORED_BYTES, nameOf },
  });
  const createdAt = fields.createdAt ?? run.now.toISOString();
  const { title } = fields;
  const common = { imageId, ownerId: owner.uid, title, contentType, bytes: original.bytes };
  const image = Image.parse({ ...common, widthPx, heightPx, state: 'ready', createdAt });
  const media = ImageMedia.parse({ ownerId: owner.uid, original });
  return createMarked(imageId, run.source, (batch, db) => createImage(batch, db, image, media));
}

async function look(path: string): Promise<InspectedImage> {
  try {
    return await inspectImage(await readFile(path));
  } catch (error) {
    if (!(error instanceof PictureUnreadable)) throw error;
    throw new EntryFault('file', `cannot be used: ${error.message}`, 'Give a JPEG, PNG or WebP picture of at most 25 million pixels.');
  }
}
