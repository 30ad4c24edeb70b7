import { type Chance, chanceFrom } from './chance.ts';

const SIZE_PX = 1024;

/**
 * Draws a square cover without words: letters would need a font, and fonts differ from machine to machine.
 *
 * @returns a JPEG of 1024 by 1024 pixels, the same for the same seed and title
 */
export async function drawCover({ seed, title }: { seed: string; title: string }): Promise<Buffer> {
  const { default: sharp } = await import('sharp'); // loaded with the first cover: it costs a tenth of a second
  return sharp(Buffer.from(svgOf(chanceFrom('cover', seed, title))))
    .jpeg({ quality: 86 })
    .toBuffer();
}

interface Palette {
  sky: string;
  ground: string;
  light: string;
  hue: number;
}

function svgOf(chance: Chance): string {
  const hue = chance.whole(0, 359);
  const palette: Palette = {
    hue,
    sky: `hsl(${hue} 62% ${chance.whole(22, 40)}%)`,
    ground: `hsl(${(hue + chance.pick([40, 150, 200, 320])) % 360} 68% 62%)`,
    light: `hsl(${(hue + 45) % 360} 90% 82%)`,
  };
  const draw = chance.pick([drawHills, drawRings, drawWaves, drawLeaves]);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE_PX}" height="${SIZE_PX}" viewBox="0 0 1000 1000">
    <defs><linearGradient id="sky" x1="0" y1="0" x2="${chance.next().toFixed(2)}" y2="1">
      <stop offset="0" stop-color="${palette.sky}"/><stop offset="1" stop-color="${palette.ground}"/>
    </linearGradient></defs>
    <rect width="1000" height="1000" fill="url(#sky)"/>
    ${draw(chance, palette)}
  </svg>`;
}

function drawHills(chance: Chance, { light, hue }: Palette): string {
  const sun = `<circle cx="${chance.whole(200, 800)}" cy="${chance.whole(220, 420)}" r="${chance.whole(90, 170)}" fill="${light}"/>`;
  const hills = [0, 1, 2, 3].map((depth) => {
    const top = 480 + depth * 120;
    const points = Array.from({ length: 9 }, (_, index) => `${index * 125},${top + chance.whole(-70, 70)}`);
    return `<polyline points="0,1000 ${points.join(' ')} 1000,1000" fill="hsl(${hue} 45% ${34 - depth * 7}%)" opacity="0.9"/>`;
  });
  return sun + hills.join('');
}

function drawRings(chance: Chance, { light, hue }: Palette): string {
  const x = chance.whole(300, 700);
  const y = chance.whole(300, 700);
  return Array.from({ length: 11 }, (_, index) => {
    const stroke = index % 3 === 0 ? light : `hsl(${(hue + index * 12) % 360} 70% 70%)`;
    const opacity = (1 - index * 0.07).toFixed(2);
    return `<circle cx="${x}" cy="${y}" r="${40 + index * 62}" fill="none" stroke="${stroke}" stroke-width="${chance.whole(4, 30)}" opacity="${opacity}"/>`;
  }).join('');
}

function drawWaves(chance: Chance, { light, hue }: Palette): string {
  const moon = `<circle cx="${chance.whole(250, 750)}" cy="250" r="${chance.whole(70, 130)}" fill="${light}" opacity="0.92"/>`;
  const waves = Array.from({ length: 8 }, (_, index) => {
    const y = 430 + index * 75;
    const swell = chance.whole(30, 90);
    const path = `M0 ${y} C 250 ${y - swell} 250 ${y + swell} 500 ${y} S 750 ${y + swell} 1000 ${y} V1000 H0 Z`;
    return `<path d="${path}" fill="hsl(${(hue + 190 + index * 4) % 360} 58% ${58 - index * 5}%)" opacity="0.7"/>`;
  });
  return moon + waves.join('');
}

function drawLeaves(chance: Chance, { light, hue }: Palette): string {
  return Array.from({ length: 26 }, (_, index) => {
    const fill = index % 5 === 0 ? light : `hsl(${(hue + chance.whole(0, 80)) % 360} 60% ${chance.whole(35, 75)}%)`;
    const turn = `translate(${chance.whole(0, 1000)} ${chance.whole(0, 1000)}) rotate(${chance.whole(0, 359)})`;
    return `<path transform="${turn}" d="M0 0 Q 90 -110 220 0 Q 90 110 0 0 Z" fill="${fill}" opacity="0.75"/>`;
  }).join('');
}
