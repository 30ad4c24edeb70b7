/**
 * One server as a process of its own: a function as it runs in production, functions-framework with nothing behind it, or Node's own. For
 * a function it makes people who are signed in and a public song.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { createInstance, register } from '#shared/endpoint';
import { processFigures } from '#shared/figures';
import { config, database, mediaStoreIds, newId, systemWorld, toDocument } from '#shared/runtime';
import { getPlayback } from '../../../functions/songs/getPlayback.ts';
import { getStatus } from '../../../functions/system/getStatus.ts';
import { startGoogle } from '../../local/google/index.ts';
import { servePart } from '../../local/processes/part.ts';
import { listenAt } from '../../local/processes/port.ts';
import { idTokenClaims } from './idTokenClaims.ts';

export interface ServerInput {
  /** `leased`: as `sori`, and who asks takes his leases from the database. */
  kind: 'sori' | 'leased' | 'framework' | 'node';
  /** What of ours is asked. */
  target?: ReadTarget;
  directory: string;
  people: number;
}

/** Reads that ask nothing of the database while all they need is in memory. */
const TARGETS = { getPlayback, getStatus };
export type ReadTarget = keyof typeof TARGETS;

export interface ServerReady {
  port: number;
  songId: string;
  /** What is asked for. */
  path: string;
  tokens: string[];
}

/** Of somebody who has tokens left of his lease: seven of eight times. */
const IN_HAND = { limit: 100, windowS: 60, remaining: 50, resetS: 30 };

/** A person may ask 100 times a minute: here each asks more often, and takes lease after lease all the same. */
const RATE_LIMITS = { windowMs: 60_000, requests: 1_000_000, generations: 10, readsWithoutDatabase: 20 };

servePart<ServerInput, ServerReady>(async (input) => {
  const {
    server,
    songId = '',
    path = '/',
    tokens = [],
  } = input.kind === 'sori' || input.kind === 'leased' ? await sori(input) : { server: bare(input.kind) };
  const port = await listenAt(server, 0);
  const close = () => {
    server.closeAllConnections();
    server.close();
    return Promise.resolve();
  };
  return { ready: { port, songId, path, tokens }, close };
});

function bare(kind: 'framework' | 'node'): Server {
  if (kind === 'node') return createServer((_request, response) => response.end('Hello'));
  http('hello', (_request, response) => void response.send('Hello'));
  return getTestServer('hello');
}

async function sori({ directory, kind, people, target = 'getPlayback' }: ServerInput) {
  const authHost = process.env['FIREBASE_AUTH_EMULATOR_HOST'];
  delete process.env['FIREBASE_AUTH_EMULATOR_HOST'];
  const google = await startGoogle({ directory: join(directory, 'read-google') });
  process.env['GOOGLE_CERTS_URL'] = google.certsUrl;
  const project = config().GOOGLE_CLOUD_PROJECT; // from now on the settings stand: tokens are signed
  process.env['FIREBASE_AUTH_EMULATOR_HOST'] = authHost; // and accounts are the emulator's
  const uids = await Promise.all(Array.from({ length: people }, () => addPerson()));
  const tokens = await Promise.all(uids.map((uid) => google.mintIdToken(idTokenClaims(project, uid))));
  const songId = await addSong();
  const instance = createInstance(systemWorld, { checksOutput: false, figures: processFigures(systemWorld), rateLimits: RATE_LIMITS });
  if (kind === 'sori') instance.rateLimiter.admit = () => Promise.resolve(IN_HAND);
  register(TARGETS[target], instance);
  const path = target === 'getStatus' ? '/' : `/?${new URLSearchParams({ songId })}`;
  return { server: getTestServer(target), path, songId, tokens };
}

async function addPerson(): Promise<string> {
  const [{ getApps, initializeApp }, { getAuth }] = await Promise.all([import('firebase-admin/app'), import('firebase-admin/auth')]);
  const app = getApps()[0] ?? initializeApp({ projectId: config().GOOGLE_CLOUD_PROJECT });
  return (await getAuth(app).createUser({ email: `${randomUUID()}@sori.example` })).uid;
}

async function addSong(): Promise<string> {
  const songId = newId('sng');
  const at = new Date().toISOString();
  const db = await database();
  const sound = {
    storeId: mediaStoreIds()[0],
    name: `songs/${songId}/${'0'.repeat(64)}.mp3`,
    bytes: 9,
    sha256: '0'.repeat(64),
    contentType: 'audio/mpeg',
  };
  await db.doc(`songMedia/${songId}`).set({ ownerId: 'bench', audio: sound, cover: null });
  await db.doc(`songs/${songId}`).set(
    toDocument({
      ...{ songId, generationId: null, ownerId: 'bench', ownerName: 'Mina', title: 'Paper boats', style: 'folk', lyrics: null },
      ...{ instrumental: false, visibility: 'public', state: 'ready', durationMs: 1000, audio: { contentType: 'audio/mpeg', bytes: 9 } },
      ...{ hasCover: false, likes: 0, plays: 0, createdAt: at, updatedAt: at },
    }),
  );
  return songId;
}
