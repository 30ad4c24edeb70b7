/** Run as a program: takes a list of recordings as JSON, prints the MP3 files as a JSON list of base64 texts. */
import { Mp3Encoder } from '@breezystack/lamejs';

export interface Recording {
  seconds: number;
  sampleRateHz: number;
  channels: 1 | 2;
  kbps: number;
}

/** A sine tone that rises, as an MP3 of constant bit rate. */
function recordMp3({ seconds, sampleRateHz, channels, kbps }: Recording): Buffer {
  const samples = Int16Array.from({ length: Math.round(seconds * sampleRateHz) }, (_, at) => {
    const timeS = at / sampleRateHz;
    return Math.round(9000 * Math.sin(2 * Math.PI * (220 + 60 * timeS) * timeS));
  });
  const encoder = new Mp3Encoder(channels, sampleRateHz, kbps);
  const sound = channels === 2 ? encoder.encodeBuffer(samples, samples) : encoder.encodeBuffer(samples);
  return Buffer.concat([new Uint8Array(sound), new Uint8Array(encoder.flush())]); // they are Int8Arrays, whatever its types say
}

const recordings = JSON.parse(process.argv[2] ?? '[]') as Recording[];
process.stdout.write(JSON.stringify(recordings.map((recording) => recordMp3(recording).toString('base64'))));
