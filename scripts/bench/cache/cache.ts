/** How many reads of songs are answered without the database: the workload of DESIGN §9 on one instance, its minutes simulated. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInstance } from '#shared/endpoint';
import { closeDatabase, database, newId, systemWorld, toDocument } from '#shared/runtime';
import { showCount } from '../../import/showCount.ts';
import { loadEndpoints } from '../../loadEndpoints.ts';
import { startAuthEmulator } from '../../local/emulators/auth.ts';
import { startFirestoreEmulator } from '../../local/emulators/firestore.ts';
import { startFunctions } from '../../local/functions.ts';
import { registeredFunctions } from '../../local/registeredFunctions.ts';
import type { Benchmark, Given } from '../benchmark.ts';
import { type Person, signUpPeople } from '../listeners.ts';
import { showTable } from '../showTable.ts';
import { chanceFrom, play, SimulatedClock, type Workload } from './workload.ts';

const GOAL_SHARE = 0.9;
const SONGS = 300;
/** 100 plays a month, and for each about three reads: the list it was found in, the song, its address. */
const READS_OF_500_USERS_PER_S = (500 * 100 * 3) / (30 * 24 * 3600);

export const cache: Benchmark = {
  name: 'cache',
  summary: 'the share of reads of public songs that are answered without the database',
  options: {
    minutes: { default: '20', says: 'simulated minutes at 10 requests a second' },
    hours: { default: '24', says: 'simulated hours at the rate of 500 users' },
    seed: { default: '1', says: 'decides which songs are asked for' },
  },
  run,
};

async function run(given: Given): Promise<boolean> {
  const line = showCount();
  const closing: (() => Promise<unknown>)[] = [];
  try {
    line.update('starting the emulators and all functions');
    const clock = new SimulatedClock();
    const url = await start(clock, closing);
    const people = await signUpPeople(url, 6);
    const forS = given.number('minutes') * 60;
    const workloads: Workload[] = [
      { name: '10 a second, nobody signed in', perSecond: 10, forS, isSignedIn: false },
      { name: '10 a second, all signed in', perSecond: 10, forS, isSignedIn: true },
      { name: '500 users', perSecond: READS_OF_500_USERS_PER_S, forS: given.number('hours') * 3600, isSignedIn: true },
    ];
    const shares: number[] = [];
    const rows: string[][] = [];
    for (const workload of workloads) {
      clock.advance(3_600_000); // nothing is kept from the one before
      const counted = await play(workload, {
        url,
        people,
        clock,
        chance: chanceFrom(given.number('seed')),
        songIds: await giveSongs(people[0]!),
      });
      shares.push(counted.hits / counted.reads);
      rows.push([
        workload.name,
        String(counted.reads),
        `${(100 * shares.at(-1)!).toFixed(1)} %`,
        (counted.documents / counted.reads).toFixed(2),
        String(counted.faults),
      ]);
      line.update(`${rows.length} of ${workloads.length} workloads`);
    }
    line.end();
    console.log(showTable(['', 'reads', 'without the database', 'documents a read', 'faults'], rows));
    console.log(`Goal: ${100 * GOAL_SHARE} % of the first. Each function has a memory of its own in production; here they share one.`);
    return shares[0]! >= GOAL_SHARE && rows.every((row) => row.at(-1) === '0');
  } finally {
    line.end();
    await closeDatabase();
    for (const end of closing.reverse()) await end();
  }
}

/** All functions in this process, on a clock that only the workload moves. @returns their address */
async function start(clock: SimulatedClock, closing: (() => Promise<unknown>)[]): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sori-bench-'));
  closing.push(() => rm(directory, { recursive: true, force: true }));
  const projectId = `demo-${randomBytes(6).toString('hex')}`;
  const firestore = await startFirestoreEmulator({ logFile: join(directory, 'firestore.log') });
  closing.push(() => firestore.close());
  const auth = await startAuthEmulator({ projectId, logFile: join(directory, 'auth.log') });
  closing.push(() => auth.close());
  Object.assign(process.env, {
    GOOGLE_CLOUD_PROJECT: projectId,
    FIRESTORE_EMULATOR_HOST: firestore.host,
    FIREBASE_AUTH_EMULATOR_HOST: auth.host,
    AUTH_API_KEY: projectId, // the Auth emulator reads a key of this form as the project
    MEDIA_STORES: `local:${join(directory, 'media')}`,
    JWT_SECRET: randomBytes(48).toString('hex'),
    BACKUP_SECRET: randomBytes(48).toString('hex'),
    TOPMEDIAI_API_KEY: 'none',
    SCHEDULER_SERVICE_ACCOUNT: `scheduler@${projectId}.iam.gserviceaccount.com`,
    SERVICE_URL: 'http://127.0.0.1/v1',
    TRUSTED_PROXY_HOPS: '1', // each call comes from an address of its own
    LOG_LEVEL: 'silent',
    METADATA_SERVER_DETECTION: 'none',
  });
  const rateLimits = { windowMs: 60_000, requests: 1_000_000, generations: 10, readsWithoutDatabase: 20 };
  const instance = createInstance({ ...systemWorld, clock }, { rateLimits, checksOutput: false });
  const host = await startFunctions(registeredFunctions(await loadEndpoints(), instance), 0);
  closing.push(() => host.close());
  return `http://127.0.0.1:${host.port}/v1`;
}

/** @returns the ids, the most popular song first */
async function giveSongs({ uid }: Person): Promise<string[]> {
  const db = await database();
  const songIds = Array.from({ length: SONGS }, () => newId('sng'));
  const object = { storeId: 'local:none', bytes: 20_000, sha256: '0'.repeat(64), contentType: 'audio/mpeg' };
  const at = new Date(0).toISOString();
  const batch = db.batch();
  for (const [place, songId] of songIds.entries()) {
    const song = {
      ...{ songId, generationId: null, ownerId: uid, ownerName: 'Mina', title: `Paper boats ${place}`, style: 'folk', lyrics: null },
      ...{
        instrumental: false,
        visibility: 'public',
        state: 'ready',
        durationMs: 1000,
        audio: { contentType: 'audio/mpeg', bytes: 20_000 },
      },
      ...{ hasCover: false, likes: SONGS - place, plays: 0, createdAt: at, updatedAt: at },
    };
    batch.set(db.doc(`songs/${songId}`), toDocument(song));
    batch.set(db.doc(`songMedia/${songId}`), {
      ownerId: uid,
      audio: { ...object, name: `songs/${songId}/${object.sha256}.mp3` },
      cover: null,
    });
  }
  await batch.commit();
  return songIds;
}
