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

interface Song {
  songId: string;
  title: string;
  durationMs: number | null;
}

interface Generation {
  generationId: string;
  state: string;
  songs: { songId: string; state: string; failure: { detail: string } | null }[];
  failure: { detail: string } | null;
}

const base = (process.env['SORI_URL'] || `http://localhost:${process.env['PORT'] || 8080}/v1`).replace(/\/+$/, '');
const PROMPT = 'a warm evening by the sea, acoustic guitar and soft drums';
const CALL_TIMEOUT_MS = 30_000;
const PATIENCE_S = 300;
const POLL_MS = 500;

const startedAt = performance.now();
let token = '';

try {
  await demo();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

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
  if (ready.length === 0) throw new Error(`No song: ${reasonOf(ended)}`);
  const folder = resolve(values.out ?? tmpdir());
  mkdirSync(folder, { recursive: true });
  for (const [index, { songId }] of ready.entries()) await save(songId, folder, index);
}

/** Shows every state as it comes, until all songs have ended. */
async function watch(first: Generation): Promise<Generation> {
  let generation = first;
  let shown = '';
  for (;;) {
    const songs = generation.songs.map(({ state }) => state).join(', ');
    const text = `${generation.state}${songs && ` (songs: ${songs})`}`;
    if (text !== shown) tell(text);
    shown = text;
    const isMaking = generation.songs.some(({ state }) => state === 'making');
    if (['failed', 'cancelled'].includes(generation.state) || (generation.state === 'ready' && !isMaking)) return generation;
    if (secondsSoFar() > PATIENCE_S)
      throw new Error(`Not finished after ${PATIENCE_S} s; it goes on without us: ${generation.generationId}`);
    await sleep(POLL_MS);
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
  throw new Error(`${path.split('?')[0]}: ${answer.status} ${data.code ?? ''} ${data.detail ?? ''}`);
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

function reasonOf({ state, failure, songs }: Generation): string {
  return failure?.detail ?? songs.find((song) => song.failure)?.failure?.detail ?? state;
}

function secondsSoFar(): number {
  return (performance.now() - startedAt) / 1000;
}

function tell(text: string): void {
  console.log(`${secondsSoFar().toFixed(1).padStart(6)} s  ${text}`);
}
