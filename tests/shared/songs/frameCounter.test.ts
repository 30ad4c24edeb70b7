import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AudioUnreadable, createFrameCounter, type PlayingTime } from '#shared/songs';
import { framesOf, id3v1, id3v2, mixedBitRates, mono11k, mono22k, musicMetadataDurationMs, stereo44k, xingFrame } from './mp3Files.ts';

function count(...chunks: Uint8Array[]): PlayingTime {
  const counter = createFrameCounter();
  for (const chunk of chunks) counter.push(chunk);
  return counter.end();
}

const FRAME_MS_44K = (1152 / 44_100) * 1000;
const FRAME_MS_22K = (576 / 22_050) * 1000;
const FRAME_MS_11K = (576 / 11_025) * 1000;

describe('The playing time of an MP3', () => {
  it.each([
    ['44.1 kHz stereo (MPEG-1)', stereo44k, FRAME_MS_44K],
    ['22.05 kHz mono (MPEG-2)', mono22k, FRAME_MS_22K],
    ['11.025 kHz mono (MPEG-2.5)', mono11k, FRAME_MS_11K],
    ['mixed bit rates', mixedBitRates, FRAME_MS_44K],
    ['a tag in front and one behind', Buffer.concat([id3v2(Buffer.alloc(3000)), stereo44k, id3v1('Rain')]), FRAME_MS_44K],
  ])('agrees with music-metadata within a frame: %s', async (_name, mp3, frameMs) => {
    const theirs = await musicMetadataDurationMs(mp3);
    expect(Math.abs(count(mp3).durationMs - theirs)).toBeLessThanOrEqual(frameMs + 1);
  });

  it('comes with the number of frames, the mean bit rate and the sample rate', () => {
    const frames = framesOf(stereo44k, 128).length;
    expect(count(stereo44k)).toEqual({ durationMs: Math.round(frames * FRAME_MS_44K), frames, bitrateKbps: 128, sampleRateHz: 44_100 });
  });

  it('is the same however the file is cut into chunks', () => {
    const file = Buffer.concat([
      id3v2(stereo44k.subarray(0, 900)),
      xingFrame(9),
      mixedBitRates.subarray(0, 30_000),
      Buffer.alloc(700, 0xff),
      mono22k,
      id3v1('x'),
    ]);
    const whole = count(file);
    const cuts = fc.array(fc.integer({ min: 0, max: file.length }), { maxLength: 200 });
    fc.assert(
      fc.property(cuts, (places) => {
        const edges = [0, ...places.sort((one, two) => one - two), file.length];
        expect(count(...edges.slice(1).map((end, index) => file.subarray(edges[index], end)))).toEqual(whole);
      }),
      { seed: 20_261_123, numRuns: 60 },
    );
    expect(count(...Array.from(file, (_, at) => file.subarray(at, at + 1)))).toEqual(whole);
  });

  it('keeps nothing of a chunk that its owner writes over', () => {
    const counter = createFrameCounter();
    const chunk = Buffer.alloc(100);
    for (let at = 0; at < stereo44k.length; at += 100) {
      const bytes = stereo44k.copy(chunk, 0, at, at + 100);
      counter.push(chunk.subarray(0, bytes));
      chunk.fill(0);
    }
    expect(counter.end()).toEqual(count(stereo44k));
  });

  it('does not believe a Xing header that lies', () => {
    expect(count(xingFrame(500_000), stereo44k)).toEqual(count(stereo44k));
  });

  it('counts only what is left of a file that was cut', () => {
    const cut = stereo44k.subarray(0, Math.floor(stereo44k.length / 2));
    const whole = count(stereo44k);
    expect(Math.abs(count(cut).frames - whole.frames / 2)).toBeLessThanOrEqual(1);
  });

  it('does not count frames inside a tag', () => {
    expect(count(id3v2(stereo44k.subarray(0, 5000)), mono22k)).toEqual(count(mono22k));
  });

  it('goes on behind junk between frames', () => {
    const frames = count(stereo44k).frames;
    expect(count(stereo44k, Buffer.from('<html>\xff\xfb</html>', 'latin1'), stereo44k).frames).toBe(2 * frames);
  });

  it('of a 10 MB file is counted while holding less than 2 kB of it', () => {
    const counter = createFrameCounter() as ReturnType<typeof createFrameCounter> & { pending: Buffer };
    let most = 0;
    for (let sent = 0; sent < 10_000_000; sent += mixedBitRates.length) {
      counter.push(mixedBitRates);
      most = Math.max(most, counter.pending.length);
    }
    expect(most).toBeLessThan(2000);
    expect(counter.end().frames).toBeGreaterThan(10_000);
  });
});

describe('What is no MP3 is refused', () => {
  const random = Buffer.from(fc.sample(fc.integer({ min: 0, max: 255 }), { seed: 7, numRuns: 50_000 }));
  const mp4 = Buffer.concat([Buffer.from('\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom\0\0\0\0', 'latin1'), random]);
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['an HTML page', Buffer.from('<!doctype html><title>Not found</title>'.repeat(200))],
    ['JSON', Buffer.from(JSON.stringify({ code: 400000, message: 'expired', data: null }))],
    ['a PNG picture', Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), random])],
    ['an MP4 file', mp4],
    ['an MP4 file with two frames in it', Buffer.concat([mp4, stereo44k.subarray(0, 1300), mp4])],
    ['a single frame', stereo44k.subarray(0, 417)],
    ['only set bits', Buffer.alloc(20_000, 0xff)],
    ['a tag that claims more than there is', Buffer.concat([Buffer.from('ID3\x04\0\0\x7f\x7f\x7f\x7f', 'latin1'), stereo44k])],
  ])('%s', (_name, bytes) => {
    expect(() => count(bytes)).toThrow(AudioUnreadable);
  });
});
