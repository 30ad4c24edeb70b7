import type { Sharp } from 'sharp';
import { decodePicture, inTime, loadSharp, readable, type Working } from './decodePicture.ts';
import { oneAtATime } from './oneAtATime.ts';
import type { ImageSize, ImageType } from './schema.ts';

export interface Picture {
  bytes: Buffer;
  contentType: ImageType;
  widthPx: number;
  heightPx: number;
}

export type PictureSizes = Record<ImageSize, Picture>;

/** What is lost by writing a picture anew cannot be seen at this quality. */
const ORIGINAL_QUALITY = 92;
/** For screens: WebP of this quality is about a third of a JPEG as cameras write them, and keeps what can be seen through. */
const SCREEN_QUALITY = 82;
const LARGE_PX = 2048;
const THUMB_PX = 320;

/**
 * A person's picture, written anew in its own format and size, and the sizes for screens: all upright and without metadata. The
 * same bytes give the same sizes. A size that the picture has already is not made again, and none is ever enlarged.
 *
 * @param working - `signal` passes over who no longer waits when it is his turn; `limitS` is for each of the three
 * @throws {PictureUnreadable}, {DecoderExhausted}
 */
export function makeSizes(bytes: Buffer, working: Working = {}): Promise<PictureSizes> {
  return oneAtATime(async () => {
    const { picture, contentType } = await decodePicture(bytes, working);
    const original = await write(inOwnFormat(picture, contentType), contentType);
    const large = await shrink(original, LARGE_PX, working);
    return { original, large, thumb: await shrink(large, THUMB_PX, working) };
  }, working.signal);
}

function inOwnFormat(picture: Sharp, contentType: ImageType): Sharp {
  if (contentType === 'image/png') return picture.png();
  return contentType === 'image/jpeg' ? picture.jpeg({ quality: ORIGINAL_QUALITY }) : picture.webp({ quality: ORIGINAL_QUALITY });
}

async function shrink(picture: Picture, mostPx: number, { limitS }: Working): Promise<Picture> {
  if (Math.max(picture.widthPx, picture.heightPx) <= mostPx) return picture;
  const sharp = await loadSharp();
  const resized = inTime(sharp(picture.bytes), limitS).resize({ width: mostPx, height: mostPx, fit: 'inside' });
  return write(resized.webp({ quality: SCREEN_QUALITY }), 'image/webp');
}

async function write(picture: Sharp, contentType: ImageType): Promise<Picture> {
  const { data, info } = await readable(picture.toBuffer({ resolveWithObject: true }));
  return { bytes: data, contentType, widthPx: info.width, heightPx: info.height };
}
