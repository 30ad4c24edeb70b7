import sharp from 'sharp';
import { type Chance, chanceFrom } from '../local/sandbox/chance.ts';
import type { SamplePicture } from './pictureList.ts';

interface Canvas {
  widthPx: number;
  heightPx: number;
  hue: number;
  chance: Chance;
}

/** Draws an abstract picture that follows from its title: the same bytes each time. No letters: fonts differ from machine to machine. */
export function drawPicture({ title, format, widthPx, heightPx }: SamplePicture): Promise<Buffer> {
  const chance = chanceFrom('sample picture', title);
  const canvas = { widthPx, heightPx, chance, hue: chance.whole(0, 359) };
  const draw = chance.pick([drawBands, drawTiles, drawOrbits]);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${heightPx}">
    <rect width="100%" height="100%" fill="${colour(canvas, 0, 24)}"/>${draw(canvas)}</svg>`;
  const picture = sharp(Buffer.from(svg)).flatten();
  return (format === 'png' ? picture.png({ palette: true, colours: 64 }) : picture.jpeg({ quality: 84 })).toBuffer();
}

function colour({ hue }: Canvas, turn: number, lightness: number): string {
  return `hsl(${(hue + turn) % 360} 62% ${lightness}%)`;
}

/** Hills or waves, one before the other. */
function drawBands(canvas: Canvas): string {
  const { widthPx, heightPx, chance } = canvas;
  return Array.from({ length: 7 }, (_, depth) => {
    const y = (heightPx * (depth + 2)) / 9;
    const swing = () => y + chance.whole(-heightPx / 9, heightPx / 9);
    const path = `M0 ${y} C ${widthPx / 3} ${swing()} ${(widthPx * 2) / 3} ${swing()} ${widthPx} ${swing()} V ${heightPx} H 0 Z`;
    return `<path d="${path}" fill="${colour(canvas, depth * 14, 72 - depth * 8)}" opacity="0.82"/>`;
  }).join('');
}

function drawTiles(canvas: Canvas): string {
  const { widthPx, heightPx, chance } = canvas;
  const side = Math.round(Math.min(widthPx, heightPx) / 8);
  const tiles: string[] = [];
  for (let x = 0; x < widthPx; x += side) {
    for (let y = 0; y < heightPx; y += side) {
      const fill = colour(canvas, chance.whole(0, 70), chance.whole(28, 78));
      const corner = chance.pick([0, side / 2, side / 5]);
      tiles.push(`<rect x="${x + 2}" y="${y + 2}" width="${side - 4}" height="${side - 4}" rx="${corner}" fill="${fill}"/>`);
    }
  }
  return tiles.join('');
}

function drawOrbits(canvas: Canvas): string {
  const { widthPx, heightPx, chance } = canvas;
  const reach = Math.min(widthPx, heightPx);
  const middle = `cx="${chance.whole(widthPx / 3, (widthPx * 2) / 3)}" cy="${chance.whole(heightPx / 3, (heightPx * 2) / 3)}"`;
  const orbits = Array.from({ length: 9 }, (_, index) => {
    const dash = `${chance.whole(reach / 20, reach / 3)} ${chance.whole(reach / 60, reach / 8)}`;
    const look = `fill="none" stroke="${colour(canvas, index * 16, 66)}" stroke-width="${chance.whole(2, reach / 40)}"`;
    return `<circle ${middle} r="${(reach * (index + 2)) / 14}" ${look} stroke-dasharray="${dash}"/>`;
  });
  return `${orbits.join('')}<circle ${middle} r="${reach / 12}" fill="${colour(canvas, 180, 70)}"/>`;
}
