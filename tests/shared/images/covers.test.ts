import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { drawCover, makeCover, PictureUnreadable } from '#shared/images';

function plain(width: number, height: number) {
  return sharp({ create: { width, height, channels: 3, background: '#336699' } });
}

describe('A cover that we draw', () => {
  it('is a JPEG of 1024 pixels a side', async () => {
    const { format, width, height } = await sharp(await drawCover({ seed: 'sng_1', title: 'Rain over Seoul' })).metadata();
    expect({ format, width, height }).toEqual({ format: 'jpeg', width: 1024, height: 1024 });
  });

  it('is the same for the same song, and another for another', async () => {
    const [one, again, other] = await Promise.all(['a', 'a', 'b'].map((seed) => drawCover({ seed, title: 'Rain' })));
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
  });

  it.each(['</text><script>alert(1)</script>&amp;"\'', '\u0000\u0008\ufffe\ud800', '비 오는 서울', '🎵'.repeat(80), 'x'.repeat(80), ''])(
    'takes any title (%j)',
    async (title) => {
      await expect(drawCover({ seed: 's', title })).resolves.toBeInstanceOf(Buffer);
    },
  );
});

describe('A picture from outside', () => {
  it('is made a JPEG of at most 1024 pixels, upright, without its metadata', async () => {
    const exif = { IFD0: { Copyright: 'secret place' } };
    const input = await plain(3000, 1500).withMetadata({ exif, orientation: 6 }).jpeg().toBuffer();
    expect((await sharp(input).metadata()).exif).toBeDefined();
    const { bytes, ...rest } = await makeCover(input);
    expect(rest).toEqual({ contentType: 'image/jpeg', widthPx: 512, heightPx: 1024 });
    const { exif: left, icc, xmp, orientation } = await sharp(bytes).metadata();
    expect({ left, icc, xmp, orientation }).toEqual({});
    expect(bytes.includes('secret place')).toBe(false);
  });

  it.each(['png', 'webp'] as const)('may be %s, and is never enlarged', async (format) => {
    const { widthPx, heightPx, contentType } = await makeCover(await plain(300, 200).toFormat(format).toBuffer());
    expect({ widthPx, heightPx, contentType }).toEqual({ widthPx: 300, heightPx: 200, contentType: 'image/jpeg' });
  });

  async function moving() {
    const frames = ['#ff0000', '#00ff00'].map((background) =>
      sharp({ create: { width: 20, height: 20, channels: 3, background } })
        .png()
        .toBuffer(),
    );
    return sharp(await Promise.all(frames), { join: { animated: true } })
      .webp()
      .toBuffer();
  }
  it.each([
    ['nothing', async () => Buffer.alloc(0)],
    ['text', async () => Buffer.from('<html></html>')],
    ['an SVG, which could reach elsewhere', async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    ['a GIF', () => plain(9, 9).gif().toBuffer()],
    ['a moving picture', moving],
    ['more than 75 MB of pixels in a few kB', () => plain(6000, 5000).png({ compressionLevel: 9 }).toBuffer()],
    ['a picture that is cut', async () => (await plain(900, 900).jpeg().toBuffer()).subarray(0, 2000)],
  ])('is refused when it is %s', async (_name, make) => {
    await expect(makeCover(await make())).rejects.toThrow(PictureUnreadable);
  });
});
