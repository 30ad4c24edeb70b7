import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { makeCover, makeSizes, PictureUnreadable } from '#shared/images';
import { DecoderExhausted, readable } from '../../../shared/images/decodePicture.ts';
import { cutJpeg, movingPng, movingWebp, photograph, pixelBomb, plain, SECRET_PLACE } from '../../support/somePictures.ts';

/** 82 MB, where 8 bits a sample would be 41. */
function deepPicture(): Promise<Buffer> {
  const [width, height, channels] = [3200, 3200, 4] as const;
  const samples = Buffer.alloc(width * height * channels * 2, 7);
  return sharp(samples, { raw: { width, height, channels, depth: 'ushort' } as never })
    .toColourspace('rgb16')
    .png({ compressionLevel: 1 })
    .toBuffer();
}

async function shapes(input: Buffer) {
  const { original, large, thumb } = await makeSizes(input);
  return [original, large, thumb].map(({ contentType, widthPx, heightPx }) => `${contentType} ${widthPx}x${heightPx}`);
}

describe('The sizes of a picture', () => {
  it('are its own and two for screens, each as large as it says', async () => {
    const sizes = await makeSizes(await plain(4000, 1000).jpeg().toBuffer());
    for (const { bytes, contentType, widthPx, heightPx } of Object.values(sizes)) {
      const { format, width, height } = await sharp(bytes).metadata();
      expect([`image/${format}`, width, height]).toEqual([contentType, widthPx, heightPx]);
    }
    expect(Object.values(sizes).map(({ widthPx, heightPx }) => [widthPx, heightPx])).toEqual([
      [4000, 1000],
      [2048, 512],
      [320, 80],
    ]);
  });

  it('are not made where the picture has them already', async () => {
    const large = await makeSizes(await plain(2048, 900).png().toBuffer());
    expect([large.large === large.original, large.thumb === large.original]).toEqual([true, false]);
    const small = await makeSizes(await plain(320, 320).webp().toBuffer());
    expect([small.large === small.original, small.thumb === small.original]).toEqual([true, true]);
  });

  it.each(['jpeg', 'png', 'webp'] as const)('keep the format of a %s, and turn it upright', async (format) => {
    const input = await plain(600, 200).withMetadata({ orientation: 6 }).toFormat(format).toBuffer();
    expect(await shapes(input)).toEqual([`image/${format} 200x600`, `image/${format} 200x600`, 'image/webp 107x320']);
  });

  it('hold nothing of the metadata', async () => {
    const input = await photograph(3000, 900);
    expect(input.includes(SECRET_PLACE)).toBe(true);
    for (const { bytes } of Object.values(await makeSizes(input))) {
      const { exif, xmp, icc, iptc, orientation } = await sharp(bytes).metadata();
      expect({ exif, xmp, icc, iptc, orientation, tells: bytes.includes(SECRET_PLACE) }).toEqual({ tells: false });
    }
  });

  it('keep what can be seen through', async () => {
    const clear = sharp({ create: { width: 900, height: 900, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0.5 } } });
    const { thumb } = await makeSizes(await clear.png().toBuffer());
    expect((await sharp(thumb.bytes).stats()).isOpaque).toBe(false);
  });

  it('are shown in colours that every screen knows, whatever the picture was printed with', async () => {
    const printed = await plain(800, 600).toColourspace('cmyk').jpeg().toBuffer();
    for (const { bytes } of Object.values(await makeSizes(printed))) expect((await sharp(bytes).metadata()).space).toBe('srgb');
  });

  it('are the same bytes whenever they are made', async () => {
    const input = await photograph(2500, 1700);
    expect(await makeSizes(input)).toEqual(await makeSizes(input));
  });

  it.each<[string, () => Buffer | Promise<Buffer>, string]>([
    ['nothing', () => Buffer.alloc(0), 'not a JPEG, PNG or WebP picture'],
    [
      'an SVG, which could reach elsewhere',
      () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
      'not a JPEG, PNG or WebP picture',
    ],
    ['a GIF', () => plain(9, 9).gif().toBuffer(), 'not a JPEG, PNG or WebP picture'],
    ['a moving WebP', movingWebp, 'a moving picture'],
    ['a moving PNG', movingPng, 'a moving picture'],
    ['30 million pixels in a few kB', pixelBomb, 'more than 75000000 bytes when it is decoded'],
    ['10 million pixels of 16 bits, with what can be seen through', deepPicture, 'more than 75000000 bytes when it is decoded'],
    ['a cut picture', cutJpeg, 'damaged or too large to be decoded'],
    [
      'a head without a body',
      () => Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0xff, 0xff]),
      'damaged or too large to be decoded',
    ],
  ])('are not made of %s', async (_what, make, reason) => {
    await expect(makeSizes(await make())).rejects.toEqual(new PictureUnreadable(reason));
  });
});

describe('Work on pictures', () => {
  it('is done one after the other, however many come at once', async () => {
    const [picture, cover] = [await photograph(1500, 1000), await photograph(1400, 900)];
    let mostAtOnce = 0;
    const watch = setInterval(() => {
      const { queue, process } = sharp.counters();
      mostAtOnce = Math.max(mostAtOnce, queue + process);
    }, 1);
    const [first, second] = await Promise.all([makeSizes(picture), makeSizes(picture), makeCover(cover)]);
    clearInterval(watch);
    expect(second).toEqual(first);
    expect(mostAtOnce).toBe(1);
  });

  it('goes on after a picture that is none, and passes over who no longer waits', async () => {
    const picture = await photograph(90, 60);
    const gone = new Error('nobody waits for it');
    const answers = await Promise.allSettled([
      makeSizes(Buffer.alloc(0)),
      makeSizes(picture, { signal: AbortSignal.abort(gone) }),
      makeSizes(picture),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    expect(answers[1]).toEqual({ status: 'rejected', reason: gone });
  });

  it.each([
    'timeout: 40% complete\nVipsImage: killed for image "temp-17"',
    'vips_tracked: out of memory --- size == 75MB',
    'VipsJpeg: Insufficient memory (case 4)',
    'pngload_buffer: Cannot allocate buffer',
  ])('that ends for lack of time or memory says nothing against the picture: %j', async (message) => {
    await expect(readable(Promise.reject(new Error(message)))).rejects.toThrow(DecoderExhausted);
  });
});
