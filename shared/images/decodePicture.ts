/** The one way from foreign bytes to pixels. */
import type { Sharp } from 'sharp';
import type { ImageType } from './schema.ts';

/** A picture of a few kB can claim to be of any size; decoded, a pixel takes 4 bytes. */
const MOST_INPUT_PIXELS = 25_000_000;
const WORK_LIMIT_S = 20;

/**
 * A foreign picture, upright, to be written in another form; metadata, which may tell where it was taken, is then left behind.
 *
 * Its type is what its bytes are, whatever a name or a header says. Several pages or frames, more than 25 million pixels and other
 * formats than JPEG, PNG and WebP are refused here, a cut file when it is written.
 *
 * @throws {PictureUnreadable}
 */
export async function decodePicture(bytes: Buffer): Promise<{ picture: Sharp; contentType: ImageType }> {
  const contentType = pictureType(bytes);
  // Other decoders, of SVG for one, are not even asked: they can be led elsewhere.
  if (!contentType) throw new PictureUnreadable('not a JPEG, PNG or WebP picture');
  const sharp = await loadSharp();
  const picture = sharp(bytes, { limitInputPixels: MOST_INPUT_PIXELS, failOn: 'error' });
  const { pages = 1 } = await readable(picture.metadata());
  if (pages > 1 || isMovingPng(bytes)) throw new PictureUnreadable('a moving picture');
  return { picture: picture.autoOrient().timeout({ seconds: WORK_LIMIT_S }), contentType };
}

/** The bytes are no picture that we show. The message says why, to whoever sent it. */
export class PictureUnreadable extends Error {
  override name = 'PictureUnreadable';
}

/** @throws {PictureUnreadable} for whatever the decoder does not like */
export async function readable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new PictureUnreadable('damaged or too large to be decoded', { cause: error });
  }
}

/** Loaded when the first picture comes: it is heavy. */
export async function loadSharp() {
  const { default: sharp } = await import('sharp');
  sharp.cache(false); // no picture is worked on twice; memory is better left to requests
  return sharp;
}

/** What the first bytes say that it is. */
export function pictureType(bytes: Buffer): ImageType | undefined {
  if (startsWith(bytes, [0xff, 0xd8, 0xff])) return 'image/jpeg';
  if (startsWith(bytes, PNG_SIGNATURE)) return 'image/png';
  const isWebP = bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP';
  return isWebP ? 'image/webp' : undefined;
}

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

function startsWith(bytes: Buffer, start: number[]): boolean {
  return bytes.subarray(0, start.length).equals(Buffer.from(start));
}

/**
 * The decoder sees only the first frame of a PNG. One that moves has a chunk `acTL` before its pixels.
 *
 * @see https://www.w3.org/TR/png-3/#apng-frame-based-animation
 */
function isMovingPng(bytes: Buffer): boolean {
  if (!startsWith(bytes, PNG_SIGNATURE)) return false;
  for (let at = PNG_SIGNATURE.length; at + 8 <= bytes.length; at += bytes.readUInt32BE(at) + CHUNK_FRAME_BYTES) {
    const kind = bytes.toString('latin1', at + 4, at + 8);
    if (kind === 'acTL') return true;
    if (kind === 'IDAT') return false;
  }
  return false;
}

/** Length, kind and checksum of a chunk. */
const CHUNK_FRAME_BYTES = 12;
