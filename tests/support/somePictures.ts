/** Pictures as people send them, good and hostile; all really made. */
import sharp from 'sharp';

/** Stands in the metadata of `photograph`, and must not stand anywhere else. */
export const SECRET_PLACE = 'Hannam-daero 42, second door';

export function plain(width: number, height: number, background = '#336699') {
  return sharp({ create: { width, height, channels: 3, background } });
}

/** Noise: what cannot be compressed to nothing. Taken lying on its side, with where and by whom. */
export function photograph(width: number, height: number): Promise<Buffer> {
  const exif = {
    IFD0: { Copyright: SECRET_PLACE },
    IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '37/1 32/1 4/1', GPSLongitudeRef: 'E', GPSLongitude: '127/1 0/1 8/1' },
  };
  const noise = { width, height, channels: 3 as const, noise: { type: 'gaussian' as const, mean: 128, sigma: 20 } };
  return sharp({ create: { ...noise, background: '#000000' } })
    .withExif(exif)
    .withMetadata({ exif, orientation: 6 })
    .withXmp(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><a>${SECRET_PLACE}</a></x:xmpmeta>`)
    .jpeg()
    .toBuffer();
}

export async function movingWebp(): Promise<Buffer> {
  const frames = await Promise.all(['#ff0000', '#00ff00'].map((background) => plain(20, 20, background).png().toBuffer()));
  return sharp(frames, { join: { animated: true } })
    .webp()
    .toBuffer();
}

/** A PNG with the chunk that announces frames, right behind its head. */
export async function movingPng(): Promise<Buffer> {
  const still = await plain(20, 20).png().toBuffer();
  const headEnd = 8 + 12 + 13;
  const control = Buffer.alloc(20);
  control.writeUInt32BE(8);
  control.write('acTL', 4, 'latin1');
  control.writeUInt32BE(2, 8);
  control.writeUInt32BE(0xf3_8d_93_70, 16);
  return Buffer.concat([still.subarray(0, headEnd), control, still.subarray(headEnd)]);
}

/** 30 million pixels in a few kB. */
export function pixelBomb(): Promise<Buffer> {
  return plain(6000, 5000).png({ compressionLevel: 9 }).toBuffer();
}

export async function cutJpeg(): Promise<Buffer> {
  const whole = await photograph(900, 900);
  return whole.subarray(0, whole.length / 2);
}
