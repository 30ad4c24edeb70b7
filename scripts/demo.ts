/**
 * `npm run demo [-- "what the song is about"] [--out folder]`: what a user does, from sign-up to the MP3, by HTTP alone.
 *
 * Asks the service at `SORI_URL`, by default the one that `npm start` runs at `PORT` on this machine.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { BOUNDS } from '#shared/generation';

interface Song {
  songId: string;
  title: string;
  durationMs: number | null;
}

interface Failure {
  code: string;
  detail: string;
}

interface Generation {
  generationId: string;
  state: string;
  songs: { songId: string; state: string; failure: Failure | null }[];
  failure: Failure | null;
  credits: { reserved: number; settled: number; released: number };
}

const base = (process.env['SORI_URL'] || `http://localhost:${process.env['PORT'] || 8080}/v1`).replace(/\/+$/, '');
const PROMPT = 'a warm evening by the sea, acoustic guitar and soft drums';
const CALL_TIMEOUT_MS = 30_000;
/** Longer than a song can take by any bound but that of a storage that is down. */
const PATIENCE_S = 20 * 60;
/** Half a second as long as a song usually takes; then slower, to stay within 100 requests a minute. */
const pollMs = () => (secondsSoFar() < 30 ? 500 : 2_000);
/** Without any change: when it is said why, and how often that it still lasts. */
const EXPLAIN_AFTER_S = 10;
const REPEAT_S = 60;

const minutes = (ms: number) => `${ms / 60_000} min`;
/** What a person may wonder at when it lasts. */
const WAITS: Record<string, string> = {
  queued: `not ordered yet; what cannot be ordered within ${minutes(BOUNDS.queuedMs)} fails, with the credit back`,
  submitting: `the order has left; the provider has ${BOUNDS.submitMs / 1_000} s to answer`,
  unknown: `the provider may have taken the order, so it is not sent again; it fails after ${minutes(BOUNDS.unknownMs)}, with the credit back`,
  submitted: `the provider is at work, for ${minutes(BOUNDS.makingMs)} at most`,
  archiving: 'the sound is being stored',
  ready: 'one song is there, the other still comes',
};

const startedAt = performance.now();
let token = '';

process.once('SIGINT', () => {
  console.log('\nEnded here; the song goes on without us. 데모만 종료했고, 노래는 계속 만들어집니다.');
  process.exit(130);
});
try {
  await demo();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
process.exit();

async function demo(): Promise<void> {
  const { values, positionals } = parseArgs({ options: { out: { type: 'string' } }, allowPositionals: true });
  const prompt = positionals.join(' ') || PROMPT;
  const email = `demo-${randomBytes(5).toString('hex')}@sori.example`;
  const { session } = await call<{ session: { idToken: string } }>('signUp', {
    email,
    password: randomBytes(9).toString('hex'),
    displayName: 'Demo',
  });
  token = session.idToken;
  tell(`signed up as ${email}`);

  const { generation } = await call<{ generation: Generation }>('createSong', { prompt });
  tell(`asked for a song: ${prompt}`);
  const ended = await watch(generation);
  const ready = ended.songs.filter(({ state }) => state === 'ready');
  for (const { failure } of ended.songs.filter(({ state }) => ready.length > 0 && state === 'failed')) {
    tell(`one song failed, and the credit is spent on the other: ${failure?.detail} (${failure?.code})`);
  }
  if (ready.length === 0) return await tellOfFailure(ended);
  const folder = resolve(values.out ?? tmpdir());
  mkdirSync(folder, { recursive: true });
  for (const [index, { songId }] of ready.entries()) await save(songId, folder, index);
}

/** Shows every state as it comes, until all songs have ended. */
async function watch(first: Generation): Promise<Generation> {
  let generation = first;
  let shown = '';
  let nextTellS = 0;
  for (;;) {
    const songs = generation.songs.map(({ state }) => state).join(', ');
    const text = `${generation.state}${songs && ` (songs: ${songs})`}`;
    if (text !== shown) {
      tell(text);
      nextTellS = secondsSoFar() + EXPLAIN_AFTER_S;
    } else if (secondsSoFar() > nextTellS) {
      tell(`still ${generation.state}: ${WAITS[generation.state] ?? 'waiting'}`);
      nextTellS = secondsSoFar() + REPEAT_S;
    }
    shown = text;
    const isMaking = generation.songs.some(({ state }) => state === 'making');
    if (['failed', 'cancelled'].includes(generation.state) || (generation.state === 'ready' && !isMaking)) return generation;
    if (secondsSoFar() > PATIENCE_S)
      throw new Error(`Not finished after ${PATIENCE_S} s; it goes on without us: ${generation.generationId}`);
    await sleep(pollMs());
    ({ generation } = await call<{ generation: Generation }>(`getGeneration?generationId=${generation.generationId}`));
  }
}

async function save(songId: string, folder: string, index: number): Promise<void> {
  const { song } = await call<{ song: Song }>(`getSong?songId=${songId}`);
  const { url } = await call<{ url: string }>(`getPlayback?songId=${songId}`);
  const answer = await reach(url, {});
  if (!answer.ok) throw new Error(`The sound of ${song.title} cannot be loaded: ${answer.status}`);
  const bytes = Buffer.from(await answer.arrayBuffer());
  const name = song.title.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '');
  const file = join(folder, `demo-${name || songId}${index > 0 ? `-${index + 1}` : ''}.mp3`);
  writeFileSync(file, bytes);
  const seconds = ((song.durationMs ?? 0) / 1000).toFixed(1);
  tell(`saved ${file}   ${seconds} s, ${Math.round(bytes.length / 1024)} KiB`);
}

/** POST with a body, else GET. @throws with the service's own words when it refuses */
async function call<Answer>(path: string, body?: object): Promise<Answer> {
  const headers = { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...(body ? { 'Content-Type': 'application/json' } : {}) };
  const answer = await reach(`${base}/${path}`, { headers, ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}) });
  const data = (await answer.json().catch(() => ({}))) as Answer & { detail?: string; code?: string };
  if (answer.ok) return data;
  const waitS = answer.headers.get('retry-after');
  const again = waitS ? ` Try again in ${waitS} s.` : '';
  throw new Error(`${path.split('?')[0]} was refused: ${data.detail ?? ''} (${answer.status} ${data.code ?? ''})${again}`);
}

async function reach(url: string, options: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...options, signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
  } catch (error) {
    const { code = (error as Error).name } = ((error as Error).cause ?? {}) as { code?: string };
    throw new Error(
      `No answer from ${new URL(url).origin} (${code}). Is it running? In another terminal: npm start\n서비스가 실행 중이 아닙니다. 다른 터미널에서 npm start 를 먼저 실행하세요.`,
    );
  }
}

/** Says why, what it cost, and ends with status 1. */
async function tellOfFailure({ state, failure, songs, credits }: Generation): Promise<void> {
  const reason = failure ?? songs.find((song) => song.failure)?.failure;
  const { profile } = await call<{ profile: { allowance: { songsPerDay: number; songsLeftToday: number } } }>('getProfile');
  const { songsPerDay, songsLeftToday } = profile.allowance;
  const isBack = credits.released === credits.reserved;
  console.error(
    [
      `No song: ${reason ? `${reason.detail} (${reason.code})` : state}`,
      `${isBack ? 'The credit came back' : 'The credit is spent'}: ${songsLeftToday} of ${songsPerDay} songs are left for today.`,
      `노래가 만들어지지 않았습니다. 크레딧은 ${isBack ? '돌려받았고' : '사용되었고'} 오늘 ${songsPerDay}곡 중 ${songsLeftToday}곡이 남아 있습니다.`,
    ].join('\n'),
  );
  process.exitCode = 1;
}

function secondsSoFar(): number {
  return (performance.now() - startedAt) / 1000;
}

function tell(text: string): void {
  console.log(`${secondsSoFar().toFixed(1).padStart(6)} s  ${text}`);
}
