/** How fast a song comes from a directory, beside a server that does nothing else: nginx where there is one, else a bare one on Node. */

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { issueTicket } from '#shared/access';
import { mediaStores, songObjectName } from '#shared/media';
import { closeDatabase, database, newId, toDocument } from '#shared/runtime';
import { showCount } from '../import/showCount.ts';
import { startFirestoreEmulator } from '../local/emulators/firestore.ts';
import { startPart } from '../local/processes/part.ts';
import type { Benchmark, Given } from './benchmark.ts';
import { type Figures, listen } from './listen.ts';
import { mebibytes, showTable } from './showTable.ts';
import { median } from './spread.ts';
import { startStaticServer } from './streamServers/staticServer.ts';

/** DESIGN §13. */
const GOAL_SPEED = 0.8;
const GOAL_FIRST_BYTE = 2;

export const streaming: Benchmark = {
  name: 'streaming',
  summary: 'bytes in a second and the time to the first byte of streamSong, beside a bare server',
  options: {
    rounds: { default: '7', says: 'rounds, in each both servers one after the other' },
    listeners: { default: '8', says: 'people who listen at once' },
    songs: { default: '8', says: 'songs that each of them takes in a round' },
    megabytes: { default: '10', says: 'size of the song, in millions of bytes' },
    looks: { default: '200', says: 'first bytes asked for in a round, one after the other' },
  },
  run,
};

async function run(given: Given): Promise<boolean> {
  const line = showCount();
  try {
    const outcome = await measureStreaming(given.number, line.update);
    line.end();
    console.log(outcome.text);
    return outcome.isRight;
  } finally {
    line.end();
  }
}

export interface StreamingOutcome {
  /** Of the bytes in a second, and of the time to the first one: ours by theirs. */
  speed: number;
  firstByte: number;
  /** What it was measured against. */
  name: string;
  isRight: boolean;
  text: string;
}

/** @param number - the options above, by name */
export async function measureStreaming(number: Given['number'], tell: (text: string) => void = () => undefined): Promise<StreamingOutcome> {
  const closing: (() => Promise<unknown>)[] = [];
  try {
    tell('starting the emulator, streamSong and the server beside it');
    const bench = await start(number('megabytes') * 1_000_000, closing);
    const rounds: Round[] = [];
    for (let index = 0; index <= number('rounds'); index += 1) {
      tell(`round ${index} of ${number('rounds')}`);
      const sori = await listen(bench.soriUrl, bench.song, { number });
      const beside = await listen(() => bench.beside.url, bench.song, { number });
      if (index > 0) rounds.push({ sori, beside }); // the first one warms both
    }
    return report(rounds, bench.beside.name);
  } finally {
    await closeDatabase();
    for (const end of closing.reverse()) await end();
  }
}

interface Round {
  sori: Figures;
  beside: Figures;
}

async function start(bytes: number, closing: (() => Promise<unknown>)[]) {
  const directory = await mkdtemp(join(tmpdir(), 'sori-bench-'));
  closing.push(() => rm(directory, { recursive: true, force: true }));
  const firestore = await startFirestoreEmulator({ logFile: join(directory, 'firestore.log') });
  closing.push(() => firestore.close());
  const settings = {
    GOOGLE_CLOUD_PROJECT: `demo-${randomBytes(6).toString('hex')}`,
    FIRESTORE_EMULATOR_HOST: firestore.host,
    MEDIA_STORES: `local:${join(directory, 'media')}`,
    JWT_SECRET: randomBytes(48).toString('hex'),
    TRUSTED_PROXY_HOPS: '1', // each call comes from an address of its own
    NODE_ENV: 'production',
  };
  Object.assign(process.env, settings, { LOG_LEVEL: 'silent' }); // for what of the service runs in this process
  const song = randomBytes(bytes);
  const { songId, ticket, name } = await publish(song);
  const env = { ...process.env, LOG_LEVEL: 'info' };
  const logFile = join(directory, 'streamSong.log');
  const part = await startPart<{ port: number }>(join(import.meta.dirname, 'streamServers', 'streamProcess.ts'), {}, { logFile, env });
  closing.push(() => part.child.stop());
  const beside = await startStaticServer(join(directory, 'media', name), directory);
  closing.push(beside.close);
  const soriUrl = () => `http://127.0.0.1:${part.ready.port}/v1/streamSong?${new URLSearchParams({ songId, ticket: ticket() })}`;
  return { song, soriUrl, beside };
}

/** A song that everybody may hear, as a player meets it: with a ticket, a new one each time. */
async function publish(bytes: Buffer) {
  const [store] = mediaStores();
  if (!store) throw new Error('MEDIA_STORES names no store');
  const songId = newId('sng');
  const options = { stagingName: 'staging/song', contentType: 'audio/mpeg', maxBytes: bytes.length };
  const staged = await store.stage(Readable.from([bytes]), options);
  const object = await store.publish(staged, songObjectName(songId, staged.sha256));
  const at = new Date().toISOString();
  const audio = { contentType: 'audio/mpeg', bytes: bytes.length };
  const db = await database();
  await db.doc(`songs/${songId}`).set(
    toDocument({
      ...{ songId, generationId: null, ownerId: 'bench', ownerName: 'Mina', title: 'Paper boats', style: 'folk', lyrics: null },
      ...{ instrumental: false, visibility: 'public', state: 'ready', durationMs: 1000, audio, hasCover: false, likes: 0, plays: 0 },
      ...{ createdAt: at, updatedAt: at },
    }),
  );
  const claims = { use: 'audio' as const, subject: null, songId, storeId: store.id, object };
  return { songId, name: object.name, ticket: () => issueTicket({ ...claims, jti: newId('tkt') }, { now: Date.now() }).ticket };
}

function report(rounds: Round[], name: string): StreamingOutcome {
  const of = (figure: (round: Round) => number) => median(rounds.map(figure));
  const row = (what: string, who: 'sori' | 'beside') => [
    what,
    `${mebibytes(of((round) => round[who].bytesPerS))}/s`,
    `${of((round) => round[who].firstByteMs).toFixed(2)} ms`,
  ];
  const speed = of(({ sori, beside }) => sori.bytesPerS / beside.bytesPerS);
  const firstByte = of(({ sori, beside }) => sori.firstByteMs / beside.firstByteMs);
  const rows = [row('streamSong', 'sori'), row(name, 'beside'), ['ratio', `${speed.toFixed(2)}x`, `${firstByte.toFixed(2)}x`]];
  const isRight = rounds.every(({ sori, beside }) => sori.wrong + beside.wrong === 0);
  const lines = [
    showTable(['', 'bytes', 'first byte'], rows),
    `Medians of ${rounds.length} alternating rounds. Goals against nginx: ${GOAL_SPEED}x of its bytes at least, ${GOAL_FIRST_BYTE}x its first byte at most.`,
    ...(isRight ? [] : ['Some answers had other bytes than the song.']),
  ];
  return { speed, firstByte, name, isRight, text: lines.join('\n') };
}
