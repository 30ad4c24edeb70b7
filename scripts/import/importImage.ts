import { readFile } from 'node:fs/promises';
import { createImage, Image, MOST_UPLOAD_BYTES, makeSizes, type PictureSizes, PictureUnreadable, storePicture } from '#shared/images';
import { findFile } from './findFile.ts';
import { importedId } from './importedId.ts';
import type { ImportRun } from './importRun.ts';
import { createMarked } from './marks.ts';
import { ownerOf } from './owner.ts';
import { EntryFault, type Outcome } from './report.ts';
import type { ImageFields } from './schema.ts';

/** For all sizes of one picture. */
const STORING_LIMIT_MS = 120_000;

/** Brings a picture in. @throws {EntryFault} */
export async function importImage(fields: ImageFields, run: ImportRun): Promise<Outcome> {
  const imageId = importedId('img', run.source, fields.id);
  const owner = ownerOf(fields.ownerId, run);
  if (run.imported.has(imageId)) return 'there';
  if (!owner) return 'gone';
  const sizes = await look(await findFile(run.folder, 'file', fields.file, MOST_UPLOAD_BYTES));
  if (run.isDryRun) return 'new';

  const signal = AbortSignal.timeout(STORING_LIMIT_MS);
  // A run that was killed leaves staged bytes, which the next one replaces.
  const media = await storePicture(sizes, { imageId, ownerId: owner.uid, attempt: 'import-image', signal });
  const createdAt = fields.createdAt ?? run.now.toISOString();
  const { contentType, bytes, widthPx, heightPx } = sizes.original;
  const common = { imageId, ownerId: owner.uid, title: fields.title, contentType, bytes: bytes.length };
  const image = Image.parse({ ...common, widthPx, heightPx, state: 'ready', createdAt });
  return createMarked(imageId, run.source, (batch, db) => createImage(batch, db, image, media));
}

async function look(path: string): Promise<PictureSizes> {
  try {
    return await makeSizes(await readFile(path));
  } catch (error) {
    if (!(error instanceof PictureUnreadable)) throw error;
    throw new EntryFault(
      'file',
      `cannot be used: ${error.message}`,
      'Give a JPEG, PNG or WebP picture of at most 25 million pixels, fewer with transparency or 16 bits.',
    );
  }
}
