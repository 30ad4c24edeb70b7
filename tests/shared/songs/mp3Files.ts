/** MP3 files for tests, made by a real encoder, and an independent reader of their length. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Recording } from './recording.ts';

function record(...recordings: Recording[]): Buffer[] {
  const script = join(import.meta.dirname, 'recording.ts'); // the encoder's package cannot be loaded by jest
  const answer = execFileSync(process.execPath, [script, JSON.stringify(recordings)], { timeout: 20_000, maxBuffer: 16 * 1024 * 1024 });
  return (JSON.parse(answer.toString()) as string[]).map((mp3) => Buffer.from(mp3, 'base64'));
}

const at44k = { sampleRateHz: 44_100, channels: 2 as const };

const BIT_RATES_KBPS = [128, 160, 320];

const recorded = record(
  { seconds: 2, ...at44k, kbps: 128 },
  { seconds: 2, sampleRateHz: 22_050, channels: 1, kbps: 64 },
  { seconds: 2, sampleRateHz: 11_025, channels: 1, kbps: 32 },
  ...BIT_RATES_KBPS.map((kbps) => ({ seconds: 1, ...at44k, kbps })),
) as [Buffer, Buffer, Buffer, ...Buffer[]];

export const [stereo44k, mono22k, mono11k] = recorded;

/** The frames of a recording of 44.1 kHz and one bit rate. */
export function framesOf(mp3: Buffer, kbps: number): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < mp3.length; at += frames.at(-1)!.length) {
    const isPadded = (mp3[at + 2]! & 2) !== 0;
    frames.push(mp3.subarray(at, at + Math.floor((144 * kbps * 1000) / 44_100) + (isPadded ? 1 : 0)));
  }
  return frames;
}

/** Frames of three bit rates in turn, as an encoder of variable bit rate may write them. */
export const mixedBitRates = interleave(recorded.slice(3).map((mp3, index) => framesOf(mp3, BIT_RATES_KBPS[index]!)));

function interleave(lists: Buffer[][]): Buffer {
  const shortest = Math.min(...lists.map(({ length }) => length));
  return Buffer.concat(Array.from({ length: shortest }, (_, at) => lists.map((list) => list[at]!)).flat());
}

/** An ID3v2.4 tag that holds `content`, which may look like frames. */
export function id3v2(content: Buffer): Buffer {
  const size = Buffer.from([21, 14, 7, 0].map((shift) => (content.length >> shift) & 0x7f));
  return Buffer.concat([Buffer.from('ID3\x04\x00\x00', 'latin1'), size, content]);
}

/** The 128 bytes that ID3v1 puts at a file's end. */
export function id3v1(title: string): Buffer {
  return Buffer.concat([Buffer.from('TAG'), Buffer.from(title.padEnd(30, '\0'), 'latin1'), Buffer.alloc(95, 0xff)]);
}

/** A frame without sound whose Xing header claims any number of frames; 128 kbit/s, 44.1 kHz, stereo. */
export function xingFrame(claimedFrames: number): Buffer {
  const frame = Buffer.alloc(417);
  Buffer.from([0xff, 0xfb, 0x90, 0x00]).copy(frame);
  frame.write('Xing', 36, 'latin1');
  frame.writeUInt32BE(1, 40);
  frame.writeUInt32BE(claimedFrames, 44);
  return frame;
}

/** What music-metadata, which is an ES module and so runs in a process of its own, finds the length to be. */
export async function musicMetadataDurationMs(mp3: Buffer): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'sori-mp3-'));
  try {
    const path = join(directory, 'file.mp3');
    await writeFile(path, mp3);
    const program = `const { parseFile } = await import('music-metadata');
      console.log((await parseFile(process.argv[1], { duration: true })).format.duration);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, path], { timeout: 20_000 });
    return Number(stdout) * 1000;
  } finally {
    await rm(directory, { recursive: true });
  }
}
