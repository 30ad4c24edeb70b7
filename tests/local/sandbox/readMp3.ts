import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

const Mp3 = z.object({
  /** What music-metadata reads. */
  format: z.looseObject({ duration: z.number() }),
  /** Loudest sample; 1 is where clipping begins. */
  peak: z.number(),
  /** Root mean square of each whole second, and of the last 10 ms. */
  loudness: z.array(z.number()),
  lastLoudness: z.number(),
});

const PROGRAM = `
  import { buffer } from 'node:stream/consumers';
  import { parseBuffer } from 'music-metadata';
  import { OfflineAudioContext } from 'node-web-audio-api';
  const mp3 = await buffer(process.stdin);
  const { format } = await parseBuffer(mp3, { mimeType: 'audio/mpeg' }, { duration: true });
  const rate = 44_100;
  const decoded = await new OfflineAudioContext(2, rate, rate).decodeAudioData(new Uint8Array(mp3).buffer);
  const samples = decoded.getChannelData(0);
  const rms = (part) => Math.sqrt(part.reduce((sum, sample) => sum + sample * sample, 0) / part.length);
  const loudness = Array.from({ length: Math.floor(decoded.duration) }, (_, s) => rms(samples.subarray(s * rate, (s + 1) * rate)));
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  console.log(JSON.stringify({ format, peak, loudness, lastLoudness: rms(samples.subarray(-rate / 100)) }));
`;

/** Reads and decodes an MP3. In a process of its own: music-metadata has ES modules only, and jest runs CommonJS. */
export async function readMp3(mp3: Buffer): Promise<z.output<typeof Mp3>> {
  const reader = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
  reader.stdin.end(mp3);
  return Mp3.parse(JSON.parse(await text(reader.stdout)));
}
