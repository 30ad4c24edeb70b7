/**
 * Runs as a process of its own: half a minute of sound takes seconds, and the server must answer meanwhile. Not a thread:
 * the sound library's native part can end the whole process when a thread that has loaded it stops.
 * Takes `{ job, request }`, answers `{ job, mp3 }` or `{ job, error }`.
 */
import { Mp3Encoder } from '@breezystack/lamejs';
import { planSong, SAMPLE_RATE, SAMPLES_PER_FRAME, type SongRequest } from './planSong.ts';
import { playScore, type Sound } from './playScore.ts';
import { writeScore } from './writeScore.ts';

const KBIT_PER_S = 160;

async function renderSong(request: SongRequest): Promise<Buffer> {
  const plan = planSong(request);
  const notes = writeScore(plan, request.seed);
  // The encoder adds one frame of its own when it is flushed.
  const sound = await playScore(notes, plan.feel.lead, (plan.frames - 1) * SAMPLES_PER_FRAME, request.seed);
  return encodeMp3(sound);
}

function encodeMp3({ left, right }: Sound): Buffer {
  const encoder = new Mp3Encoder(2, SAMPLE_RATE, KBIT_PER_S);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < left.length; at += SAMPLES_PER_FRAME) {
    pieces.push(encoder.encodeBuffer(left.subarray(at, at + SAMPLES_PER_FRAME), right.subarray(at, at + SAMPLES_PER_FRAME)));
  }
  pieces.push(encoder.flush());
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)));
}

async function answer({ job, request }: { job: number; request: SongRequest }) {
  try {
    process.send?.({ job, mp3: await renderSong(request) });
  } catch (error) {
    process.send?.({ job, error: error instanceof Error ? error.message : String(error) });
  }
}

let queue = Promise.resolve();
process.on('message', (message: { job: number; request: SongRequest }) => {
  queue = queue.then(() => answer(message));
});
// The server is gone, however it ended. At once: an orderly exit takes the native library more than a second.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
