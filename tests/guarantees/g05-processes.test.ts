/** The limit as it holds in production: built functions, several instances of each, every one a process of its own. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { closeDatabase, database } from '#shared/runtime';
import { type FunctionsHost, startFunctions } from '../../scripts/local/functions.ts';
import { isolatedFunctions } from '../../scripts/local/isolatedFunctions.ts';
import { waitUntil } from '../../scripts/local/waitUntil.ts';
import { type BuiltFolder, buildFolder, SECRETS } from '../built/builtFunction.ts';
import { type FirestoreMeter, openMeter } from '../faults/firestoreMeter.ts';
import { openTcpProxy, type TcpProxy } from '../faults/tcpProxy.ts';
import { alteredToken } from '../support/callers.ts';
import { emulators } from '../support/emulators.ts';
import { isLong } from '../support/runs.ts';
import { useOwnProject } from '../support/service.ts';

/** Three processes of each, and all ten when there is time: on two cores a process takes a second to start. */
const READS = ['getProfile', 'listGenerations', 'listFiles', 'getStorageUsage'];
const MORE_READS = ['listSongs', 'listImages', 'getSong', 'getGeneration', 'getPlayback', 'getOpenApi'];
const SPREAD = isLong ? [...READS, ...MORE_READS] : READS;
const INSTANCES = 3;
/** One process of each. */
const ALONE = ['getStatus', 'createSong'];
const QUERIES: Record<string, string> = {
  listSongs: '?scope=public',
  ...Object.fromEntries(['getSong', 'getPlayback'].map((name) => [name, '?songId=sng_none'])),
  getGeneration: '?generationId=gen_none',
};

/** On a machine that does ten things at once. */
const START_MS = 240_000;
const LONGEST_MS = 60_000;

let firestore: TcpProxy;
let meter: FirestoreMeter;
let folder: BuiltFolder;
let spread: FunctionsHost;
let alone: FunctionsHost;
const figures: string[] = [];

beforeAll(async () => {
  meter = await openMeter(emulators().firestoreHost);
  firestore = await openTcpProxy(meter.host);
  folder = await buildFolder();
  useOwnProject({ MEDIA_STORES: `local:${join(folder.path, 'media')}`, FIRESTORE_EMULATOR_HOST: firestore.host, ...SECRETS });
  const own = { source: folder.path, logFolder: folder.path, report: (text: string) => process.stderr.write(`${text}\n`) };
  spread = await startFunctions(isolatedFunctions({ ...own, names: SPREAD, instances: INSTANCES }), 0);
  alone = await startFunctions(isolatedFunctions({ ...own, names: ALONE, instances: 1 }), 0);
  await wakeUp();
}, START_MS);

afterAll(async () => {
  process.stdout.write(`G5, ${SPREAD.length} functions in ${INSTANCES} processes each:\n${figures.map((line) => `  ${line}\n`).join('')}`);
  firestore?.speak();
  // Each, whatever became of the others: a process that is left behind would keep the run from its end.
  await Promise.allSettled([spread?.close(), alone?.close()]);
  await Promise.allSettled([closeDatabase(), firestore?.close(), meter?.close(), folder?.remove()]);
}, LONGEST_MS);

/** A process loads the database's client with its first caller, and on a busy machine that takes longer than anybody waits. */
async function wakeUp(): Promise<void> {
  const { token } = await newPerson();
  const serves = (ask: () => Promise<Seen>) => waitUntil('a process serves', async () => (await ask()).status < 500, START_MS);
  for (const name of SPREAD) for (let each = 0; each < INSTANCES; each += 1) await serves(() => read(name, token));
  for (const name of ALONE) await serves(() => send(alone, name, token, name === 'createSong' ? {} : undefined));
}

interface Seen {
  status: number;
  retryAfterS: number;
}

interface Person {
  uid: string;
  token: string;
}

/** As Firebase's SDK signs up: nobody of ours has met him. */
async function newPerson(): Promise<Person> {
  const body = JSON.stringify({
    email: `${randomBytes(8).toString('hex')}@sori.example`,
    password: 'a long password',
    returnSecureToken: true,
  });
  const url = `http://${emulators().authHost}/identitytoolkit.googleapis.com/v1/accounts:signUp?key=${process.env['AUTH_API_KEY']}`;
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const { localId: uid, idToken: token } = (await answer.json()) as { localId: string; idToken: string };
  return { uid, token };
}

async function send({ port }: FunctionsHost, path: string, token?: string, body?: object): Promise<Seen> {
  const headers = { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body ? { 'content-type': 'application/json' } : {}) };
  const init = { headers, signal: AbortSignal.timeout(LONGEST_MS), ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}) };
  const answer = await fetch(`http://127.0.0.1:${port}/v1/${path}`, init);
  await answer.arrayBuffer();
  return { status: answer.status, retryAfterS: Number(answer.headers.get('retry-after')) };
}

function read(name: string, token?: string): Promise<Seen> {
  return send(spread, `${name}${QUERIES[name] ?? ''}`, token);
}

/** Goes round all functions, and so round all processes. */
function readRound(count: number, token: string, from = 0): Promise<Seen[]> {
  return Promise.all(Array.from({ length: count }, (_, at) => read(SPREAD[(from + at) % SPREAD.length]!, token)));
}

function statuses(seen: Seen[]): Record<number, number> {
  return Object.fromEntries([...Map.groupBy(seen, ({ status }) => status)].map(([status, same]) => [status, same.length]));
}

function acceptedOf(seen: Seen[]): number {
  return seen.filter(({ status }) => status !== 429).length;
}

function note(what: string, { uid }: Person, requestCount: number): number {
  const { written, lost } = meter.commitsOf(`rateLimits/${uid}`);
  const perRequest = written / requestCount;
  figures.push(`${what}: ${written} writes for ${requestCount} accepted requests, ${perRequest.toFixed(2)} each; ${lost} came too late`);
  return perRequest;
}

describe('G5: with every function in processes of its own', () => {
  it(
    'of a caller who asks all of them at once, at most 100 requests are accepted in a window',
    async () => {
      const mina = await newPerson();
      const seen = await readRound(200, mina.token);
      const accepted = acceptedOf(seen);
      expect(seen.filter(({ status }) => status >= 500)).toEqual([]);
      expect(accepted).toBeLessThanOrEqual(100);
      expect(accepted).toBeGreaterThanOrEqual(90); // the rest lies in other instances
      for (const { retryAfterS } of seen.filter(({ status }) => status === 429)) {
        expect(retryAfterS).toBeGreaterThan(0);
        expect(retryAfterS).toBeLessThanOrEqual(60);
      }
      note('hammered at once', mina, accepted);
    },
    LONGEST_MS,
  );

  it(
    'a caller who stays at 89 in a window is never refused, however it is spread',
    async () => {
      const [mina, junho] = [await newPerson(), await newPerson()];
      const startedAt = performance.now();
      const atOnce = await readRound(89, mina.token);
      const oneByOne = [];
      for (let at = 0; at < 89; at += 1) oneByOne.push(...(await readRound(1, junho.token, at)));
      expect(performance.now() - startedAt).toBeLessThan(55_000); // all in one window
      expect([atOnce, oneByOne].map((seen) => statuses(seen)[429])).toEqual([undefined, undefined]);
      expect([atOnce, oneByOne].map((seen) => seen.filter(({ status }) => status >= 500))).toEqual([[], []]);
      note('spread, at once', mina, 89);
      note('spread, one after another', junho, 89);
    },
    LONGEST_MS,
  );

  it(
    'a burst on one function costs at most a fifth of a write per request',
    async () => {
      const mina = await newPerson();
      const seen = await Promise.all(Array.from({ length: 110 }, () => send(alone, 'getStatus', mina.token)));
      expect(statuses(seen)).toEqual({ 200: 100, 429: 10 });
      expect(note('a burst on one process', mina, 100)).toBeLessThanOrEqual(0.2);
      const junho = await newPerson();
      const overThree = await Promise.all(Array.from({ length: 100 }, () => read('getProfile', junho.token)));
      note(`a burst on one function in ${INSTANCES} processes`, junho, acceptedOf(overThree));
    },
    LONGEST_MS,
  );

  it(
    'forged tokens in somebody’s name do not touch his window',
    async () => {
      const mina = await newPerson();
      const nowS = Math.floor(Date.now() / 1000);
      const forged = [alteredToken(mina, { aud: 'demo-other' }), alteredToken(mina, { exp: nowS - 60 }), `${mina.token}x`];
      const seen = await Promise.all(
        forged.flatMap((token) => Array.from({ length: 30 }, (_, at) => read(SPREAD[at % SPREAD.length]!, token))),
      );
      expect(statuses(seen)).toEqual({ 401: 90 });
      expect((await (await database()).doc(`rateLimits/${mina.uid}`).get()).exists).toBe(false);
      expect(meter.commitsOf(`rateLimits/${mina.uid}`)).toEqual({ written: 0, lost: 0 });
    },
    LONGEST_MS,
  );

  it(
    'while Firestore says nothing, an instance lets 20 reads of a caller through, and nobody asks for songs',
    async () => {
      const mina = await newPerson();
      const ask = () => send(alone, 'createSong', mina.token, { prompt: 'paper boats' });
      expect((await send(alone, 'getStatus', mina.token)).status).toBe(200); // they know him now, and hold no token of his
      expect((await send(alone, 'createSong', mina.token, {})).status).toBe(400);
      firestore.silence();
      try {
        const reading = Promise.all(Array.from({ length: 30 }, () => send(alone, 'getStatus', mina.token)));
        const [reads, song] = await Promise.all([reading, ask()]);
        expect([statuses(reads), song.status]).toEqual([{ 200: 20, 429: 10 }, 503]);
      } finally {
        firestore.speak();
      }
    },
    LONGEST_MS,
  );
});
