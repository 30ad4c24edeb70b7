import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { composeSong, drawCover } from '../../../scripts/local/sandbox/index.ts';
import { readMp3 } from './readMp3.ts';
import { type Bench, openBench } from './sandboxHarness.ts';

describe('A composed song', () => {
  const request = { style: 'bright folk', title: 'Boats', lyrics: '[Verse]\nwe row the paper boats', seed: 'a' };

  it('is an MP3 of the length asked for, constant bitrate, stereo', async () => {
    const mp3 = await composeSong({ ...request, seconds: 3 });
    const { format } = await readMp3(mp3);
    expect(format).toMatchObject({ container: 'MPEG', codec: 'MPEG 1 Layer 3', sampleRate: 44_100, numberOfChannels: 2, bitrate: 160_000 });
    expect(Math.abs(format.duration - 3)).toBeLessThan(0.1);
  });

  it('is heard from its beginning, never clips, and ends in silence', async () => {
    const { peak, loudness, lastLoudness } = await readMp3(await composeSong({ ...request, seconds: 3 }));
    expect(Math.min(...loudness.slice(0, 2))).toBeGreaterThan(0.02);
    expect(peak).toBeLessThan(1);
    expect(lastLoudness).toBeLessThan(0.005);
  });

  it('is the same, byte for byte, for the same request, and another for another seed, style or lyrics', async () => {
    const one = { ...request, seconds: 1 };
    const [first, again, ...others] = await Promise.all([
      composeSong(one),
      composeSong({ ...one }).then(() => composeSong(one)),
      composeSong({ ...one, seed: 'b' }),
      composeSong({ ...one, style: 'dark techno' }),
      composeSong({ ...one, lyrics: 'other words' }),
    ]);
    expect(again?.equals(first!)).toBe(true);
    expect(others.map((other) => other.equals(first!))).toEqual([false, false, false]);
  });

  it('has a square cover of 1024 pixels, the same for the same seed and title', async () => {
    const [first, again, other] = await Promise.all(['a', 'a', 'b'].map((seed) => drawCover({ seed, title: 'Boats' })));
    expect(await sharp(first).metadata()).toMatchObject({ format: 'jpeg', width: 1024, height: 1024 });
    expect([again?.equals(first!), other?.equals(first!)]).toEqual([true, false]);
  });
});

describe('A song of the sandbox', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBench({ soundSeconds: 2 });
  });
  afterAll(() => bench.close());

  it('lasts as long as its task says', async () => {
    const [song] = await bench.finishedPair();
    const mp3 = Buffer.from(await (await bench.call('GET', song.audio_url)).arrayBuffer());
    const { format } = await readMp3(mp3);
    expect(Math.abs(format.duration * 1000 - song.duration)).toBeLessThan(100);
  });

  it('sounds the same when the same order comes again, and unlike its twin', async () => {
    const bytes = async (url: string) => Buffer.from(await (await bench.call('GET', url)).arrayBuffer());
    const [a, b] = await bench.finishedPair();
    const [c] = await bench.finishedPair();
    const [first, twin, again] = await Promise.all([bytes(a.audio_url), bytes(b.audio_url), bytes(c.audio_url)]);
    expect([again.equals(first), twin.equals(first)]).toEqual([true, false]);
  });

  it('answers other calls while a sound is being made', async () => {
    const [song] = await bench.finishedPair({ action: 'auto', style: 'not heard before' });
    let isMade = false;
    const download = bench.call('GET', song.audio_url).then(() => {
      isMade = true;
    });
    await bench.poll([song.id]);
    expect(isMade).toBe(false);
    await download;
  });

  it('is served in parts, whole, and as headers only', async () => {
    const [song] = await bench.finishedPair();
    const whole = await bench.call('GET', song.audio_url, undefined, {});
    const mp3 = Buffer.from(await whole.arrayBuffer());
    const part = await bench.call('GET', song.audio_url, undefined, { range: 'bytes=10-19' });
    const beyond = await bench.call('GET', song.audio_url, undefined, { range: `bytes=${mp3.length}-` });
    const head = await bench.call('HEAD', song.audio_url, undefined, {});
    expect([whole.status, whole.headers.get('content-type')]).toEqual([200, 'audio/mpeg']);
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 10-19/${mp3.length}`]);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(mp3.subarray(10, 20));
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${mp3.length}`]);
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, String(mp3.length), '']);
  });

  it('has a preview that leads to the file when that is done, and dies later', async () => {
    const ids = await bench.submit();
    bench.advance(5_000);
    const [working] = await bench.poll(ids);
    const statuses = [];
    for (const waitMs of [0, 5_000, 61_000]) {
      bench.advance(waitMs);
      const answer = await bench.call('GET', working!.audio_url, undefined, {});
      statuses.push([answer.status, answer.headers.get('location')]);
      await answer.arrayBuffer();
    }
    expect(statuses).toEqual([
      [200, null],
      [302, `${bench.sandbox.url}/files/${ids[0]}.mp3`],
      [403, null],
    ]);
  });
});
