/** The one way from foreign bytes to pixels. */
import type { Metadata, Sharp } from 'sharp';
import type { ImageType } from './schema.ts';

/**
 * Width x height x channels x bytes of a sample, which a file of a few kB can claim in any size. A photograph may have 25 million
 * pixels; one of 16 bits half of them.
 */
const MOST_DECODED_BYTES = 75_000_000;

/** For each form that is made of a picture. */
const WORK_LIMIT_S = 20;

export interface Working {
  signal?: AbortSignal;
  limitS?: number;
}

/**
 * A foreign picture, upright, to be written in another form; metadata, which may tell where it was taken, is then left behind.
 *
 * Its type is what its bytes are, whatever a name or a header says. Several pages or frames, more than 75 MB of pixels and other
 * formats than JPEG, PNG and WebP are refused here, a cut file when it is written.
 *
 * @throws {PictureUnreadable}
 */
export async function decodePicture(bytes: Buffer, { limitS }: Working = {}): Promise<{ picture: Sharp; contentType: ImageType }> {
  const contentType = pictureType(bytes);
  // Other decoders, of SVG for one, are not even asked: they can be led elsewhere.
  if (!contentType) throw new PictureUnreadable('not a JPEG, PNG or WebP picture');
  const sharp = await loadSharp();
  const picture = sharp(bytes, { limitInputPixels: MOST_DECODED_BYTES, failOn: 'error' });
  const head = await readable(picture.metadata());
  if ((head.pages ?? 1) > 1 || isMovingPng(bytes)) throw new PictureUnreadable('a moving picture');
  if (decodedBytes(head) > MOST_DECODED_BYTES) throw new PictureUnreadable(`more than ${MOST_DECODED_BYTES} bytes when it is decoded`);
  return { picture: inTime(picture.autoOrient(), limitS), contentType };
}

function decodedBytes({ width, height, channels, depth }: Metadata): number {
  return width * height * channels * (depth === 'uchar' ? 1 : 2); // these formats have no deeper samples
}

export function inTime(picture: Sharp, limitS = WORK_LIMIT_S): Sharp {
  return picture.timeout({ seconds: limitS });
}

/** The bytes are no picture that we show. The message says why, to whoever sent it. */
export class PictureUnreadable extends Error {
  override name = 'PictureUnreadable';
}

/** The decoder ran out of time or memory, which says nothing against the picture. */
export class DecoderExhausted extends Error {
  override name = 'DecoderExhausted';
}

/** How sharp, libvips and the decoders below it say so: they have no codes. */
const EXHAUSTED = /^timeout:|out of memory|insufficient memory|(unable|cannot|fail(ed|ure)?) (to )?alloc/im;

/** @throws {DecoderExhausted}; {PictureUnreadable} for whatever the decoder does not like */
export async function readable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && EXHAUSTED.test(error.message)) {
      throw new DecoderExhausted('the decoder had not enough time or memory', { cause: error });
    }
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
