/** Covers: one of our own when the provider's never comes, and the provider's made safe to show. */
import { createHash } from 'node:crypto';
import type { Sharp } from 'sharp';

export interface Picture {
  bytes: Buffer;
  contentType: 'image/jpeg';
  widthPx: number;
  heightPx: number;
}

/** The bytes are no picture that we show. */
export class PictureUnreadable extends Error {
  override name = 'PictureUnreadable';
}

const COVER_PX = 1024;
/** A picture of a few kB can claim to be of any size; decoded, a pixel takes 4 bytes. */
const MOST_INPUT_PIXELS = 25_000_000;
const DECODE_LIMIT_S = 10;
const SHOWN_FORMATS = new Set<string | undefined>(['jpeg', 'png', 'webp']);

/**
 * Looks at a picture from outside and makes a JPEG of it, at most 1024 pixels a side, upright, without metadata.
 *
 * Its type is what its bytes are, whatever a header says. Several pages or frames, more than 25 million pixels, a cut file and
 * other formats than JPEG, PNG and WebP are refused.
 *
 * @throws {PictureUnreadable}
 */
export async function inspectPicture(bytes: Buffer): Promise<Picture> {
  const sharp = await loadSharp();
  if (bytes.length === 0) throw new PictureUnreadable('empty');
  const picture = sharp(bytes, { limitInputPixels: MOST_INPUT_PIXELS, failOn: 'error' });
  const { format, pages = 1 } = await readable(picture.metadata());
  if (!SHOWN_FORMATS.has(format)) throw new PictureUnreadable('not a JPEG, PNG or WebP picture');
  if (pages > 1) throw new PictureUnreadable('a moving picture');
  const size = { width: COVER_PX, height: COVER_PX, fit: 'inside' as const, withoutEnlargement: true };
  return readable(encode(picture.autoOrient().resize(size).flatten({ background: '#ffffff' })));
}

/**
 * Draws a cover: colours and forms follow from `seed` alone, so a song keeps its picture.
 *
 * The title stands on it only when it is written in Latin letters: the hosts of functions have no fonts for others, and a row of
 * empty boxes is worse than none.
 *
 * @returns a JPEG of 1024 pixels a side
 */
export async function drawCover({ seed, title }: { seed: string; title: string }): Promise<Buffer> {
  const sharp = await loadSharp();
  const { bytes } = await encode(sharp(Buffer.from(coverSvg(seed, title))));
  return bytes;
}

async function loadSharp() {
  const { default: sharp } = await import('sharp');
  sharp.cache(false); // no picture is worked on twice; memory is better left to requests
  return sharp;
}

async function encode(picture: Sharp): Promise<Picture> {
  const jpeg = picture.timeout({ seconds: DECODE_LIMIT_S }).jpeg({ quality: 86, mozjpeg: false });
  const { data, info } = await jpeg.toBuffer({ resolveWithObject: true });
  return { bytes: data, contentType: 'image/jpeg', widthPx: info.width, heightPx: info.height };
}

async function readable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new PictureUnreadable('cannot be decoded', { cause: error });
  }
}

/** Numbers from 0 to 1 that follow from a text, as many as one asks for. */
function* chances(seed: string): Generator<number, never> {
  for (let block = 0; ; block += 1) {
    const digest = createHash('sha256').update(`${block}:${seed}`).digest();
    for (let at = 0; at < digest.length; at += 2) yield digest.readUInt16BE(at) / 0xffff;
  }
}

function coverSvg(seed: string, title: string): string {
  const source = chances(seed);
  const upTo = (most: number) => Math.round(source.next().value * most);
  const hue = upTo(359);
  const second = (hue + 40 + upTo(80)) % 360;
  const turn = upTo(90);
  const rings = Array.from({ length: 6 }, () => {
    const [x, y, radius, width] = [upTo(COVER_PX), upTo(COVER_PX), 90 + upTo(330), 6 + upTo(46)];
    return `<circle cx="${x}" cy="${y}" r="${radius}" fill="none" stroke="hsl(${second},80%,75%)" stroke-width="${width}" opacity="0.35"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${COVER_PX}" height="${COVER_PX}">
    <defs><linearGradient id="ground" gradientTransform="rotate(${turn} 0.5 0.5)">
      <stop offset="0" stop-color="hsl(${hue},65%,42%)"/><stop offset="1" stop-color="hsl(${second},70%,22%)"/>
    </linearGradient></defs>
    <rect width="100%" height="100%" fill="url(#ground)"/>${rings.join('')}${titleSvg(title)}</svg>`;
}

const LATIN = /^[\p{Script=Latin}\p{Script=Common}]+$/u;
const MOST_TITLE_CHARACTERS = 24;

function titleSvg(title: string): string {
  if (!LATIN.test(title) || /\p{Emoji_Presentation}/u.test(title)) return '';
  const characters = [...title];
  const shown = characters.length > MOST_TITLE_CHARACTERS ? `${characters.slice(0, MOST_TITLE_CHARACTERS - 1).join('')}…` : title;
  return `<text x="72" y="944" font-family="sans-serif" font-size="64" font-weight="bold" fill="#ffffff">${escapeXml(shown)}</text>`;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`).replace(/\p{Cc}/gu, ' ');
}
