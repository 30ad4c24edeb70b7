import type { Sharp } from 'sharp';
import { PictureUnreadable } from './pictures.ts';
import type { ImageType } from './schema.ts';

export interface InspectedImage {
  bytes: Buffer;
  contentType: ImageType;
  widthPx: number;
  heightPx: number;
}

/** A picture of a few kB can claim to be of any size; decoded, a pixel takes 4 bytes. */
const MOST_INPUT_PIXELS = 25_000_000;
const DECODE_LIMIT_S = 20;
/** What is lost by writing a picture anew cannot be seen at this quality. */
const QUALITY = 92;

/**
 * Looks at a person's picture and writes it anew in its own format and size: upright, and without metadata, which may tell
 * where it was taken.
 *
 * Its type is what its bytes are, whatever a name or a header says. Several pages or frames, more than 25 million pixels, a cut
 * file and other formats than JPEG, PNG and WebP are refused.
 *
 * @throws {PictureUnreadable}
 */
export async function inspectImage(bytes: Buffer): Promise<InspectedImage> {
  const { default: sharp } = await import('sharp');
  if (bytes.length === 0) throw new PictureUnreadable('empty');
  const picture = sharp(bytes, { limitInputPixels: MOST_INPUT_PIXELS, failOn: 'error' });
  const { format, pages = 1 } = await readable(picture.metadata());
  if (pages > 1) throw new PictureUnreadable('a moving picture');
  const written = writeAs(format, picture.autoOrient().timeout({ seconds: DECODE_LIMIT_S }));
  const { data, info } = await readable(written.picture.toBuffer({ resolveWithObject: true }));
  return { bytes: data, contentType: written.contentType, widthPx: info.width, heightPx: info.height };
}

function writeAs(format: string | undefined, picture: Sharp): { picture: Sharp; contentType: ImageType } {
  switch (format) {
    case 'jpeg':
      return { picture: picture.jpeg({ quality: QUALITY }), contentType: 'image/jpeg' };
    case 'png':
      return { picture: picture.png(), contentType: 'image/png' };
    case 'webp':
      return { picture: picture.webp({ quality: QUALITY }), contentType: 'image/webp' };
    default:
      throw new PictureUnreadable('not a JPEG, PNG or WebP picture');
  }
}

async function readable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new PictureUnreadable('cannot be decoded', { cause: error });
  }
}
