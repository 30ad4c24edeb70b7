/** Covers: one of our own when the provider's never comes, and the provider's made safe to show. */
import { createHash } from 'node:crypto';
import type { Sharp } from 'sharp';
import { decodePicture, loadSharp, readable } from './decodePicture.ts';
import { oneAtATime } from './oneAtATime.ts';

export interface CoverPicture {
  bytes: Buffer;
  contentType: 'image/jpeg';
  widthPx: number;
  heightPx: number;
}

const COVER_PX = 1024;

/**
 * Makes a cover of a picture from outside: a JPEG of at most 1024 pixels a side, upright, without metadata.
 *
 * @throws {PictureUnreadable}, {DecoderExhausted}
 */
export function makeCover(bytes: Buffer): Promise<CoverPicture> {
  return oneAtATime(async () => {
    const { picture } = await decodePicture(bytes);
    const size = { width: COVER_PX, height: COVER_PX, fit: 'inside' as const, withoutEnlargement: true };
    return readable(encode(picture.resize(size).flatten({ background: '#ffffff' })));
  });
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

async function encode(picture: Sharp): Promise<CoverPicture> {
  const { data, info } = await picture.jpeg({ quality: 86, mozjpeg: false }).toBuffer({ resolveWithObject: true });
  return { bytes: data, contentType: 'image/jpeg', widthPx: info.width, heightPx: info.height };
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
