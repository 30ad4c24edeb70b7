/** The service, a provider, and a storage that can be broken in every way and repaired, all by one clock that the test moves. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { REPLICATION_BOUNDS, replicateFiles } from '#shared/files';
import { advanceGenerations, BOUNDS, type Bounds, createWorker } from '#shared/generation';
import { type MediaStore, mediaStores } from '#shared/media';
import { systemWorld } from '#shared/runtime';
import { type LocalGcs, startGcs } from '../../../scripts/local/gcs/index.ts';
import { type LocalGoogle, startGoogle } from '../../../scripts/local/google/index.ts';
import { closeServer, listen } from '../../../scripts/local/google/listen.ts';
import { startSandbox } from '../../../scripts/local/sandbox/index.ts';
import { createKeySource, readKeyFile } from '../../../shared/media/credentials.ts';
import { createGcsStore } from '../../../shared/media/gcsStore.ts';
import { createHybridStore } from '../../../shared/media/hybridStore.ts';
import { TestClock } from '../../support/clock.ts';
import { type House, openHouse } from '../../support/openHouse.ts';

/** Ways in which Google Cloud Storage does not work for us. */
export type StorageFault = 'bad key' | 'refused' | '503' | 'hangs' | '403' | 'no bucket';

/** What `MEDIA_STORES` names, in this order. */
export type Stores = ('gcs' | 'local')[];

export interface StorageHouse {
  house: House;
  clock: TestClock;
  break(fault: StorageFault): Promise<void>;
  repair(): Promise<void>;
  /** Requests that wait at a bucket that hangs. */
  hangingCount(): number;
  /** One run of the worker, by default until nothing is due at this moment. */
  runWorker(bounds?: Partial<Bounds>): Promise<void>;
  /** Carries every file to every store. */
  replicate(): Promise<void>;
  close(): Promise<void>;
}

const BUCKET = 'songs';
const API_KEY = 'house-key';
const SOUNDS = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.cache', 'sori-sounds');
/** The worker's own patience with a bucket, 10 s and 20 s, at the pace of a clock that goes `HURRY` times as fast as ours. */
export const HURRY = 12.5;
const SHORT_LIMITS = { tryMs: 10_000 / HURRY, totalMs: 20_000 / HURRY };

export async function openStorageHouse(stores: Stores): Promise<StorageHouse> {
  const directory = await mkdtemp(join(tmpdir(), 'sori-storage-house-'));
  const clock = new TestClock();
  const bucket = await openBucket(directory, clock);
  const sandboxOptions = { directory: join(directory, 'sandbox'), sounds: SOUNDS, apiKey: API_KEY, clock, soundSeconds: 2 };
  const sandbox = await startSandbox(sandboxOptions);
  const places = { gcs: `gcs:${BUCKET}`, local: `local:${join(directory, 'media')}` };
  const settings = { ...bucket.settings, TOPMEDIAI_BASE_URL: sandbox.url, TOPMEDIAI_API_KEY: API_KEY };
  const house = await openHouse({
    world: { clock },
    settings: { ...settings, MEDIA_STORES: stores.map((kind) => places[kind]).join(',') },
  });
  const world = { ...systemWorld, clock };
  const impatient = bucket.impatientStore(house.service.projectId);
  return {
    house,
    clock,
    break: bucket.break,
    repair: bucket.repair,
    hangingCount: bucket.hangingCount,
    runWorker: async (bounds = { waitForDueMs: 0 }) => {
      const each = mediaStores().map((store) => (store.kind === 'gcs' ? impatient : store));
      const worker = createWorker({ world, signal: new AbortController().signal }, { ...BOUNDS, ...bounds });
      await advanceGenerations({ ...worker, stores: each, store: asOne(each) });
    },
    replicate: async () => {
      clock.advance(Math.max(0, Date.now() - clock.now())); // what `given` makes is made now
      await replicateFiles({ world, signal: new AbortController().signal, bounds: REPLICATION_BOUNDS });
    },
    close: async () => {
      await house.close();
      await Promise.all([sandbox.close(), bucket.close()]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function asOne([first, ...others]: MediaStore[]): MediaStore {
  return others.length === 0 ? first! : createHybridStore([first!, ...others]);
}

/** A bucket on a local Google of its own, and its key. */
async function openBucket(directory: string, clock: TestClock) {
  const google = await startGoogle({ directory: join(directory, 'storage-google') });
  const server = await openServer({ directory: join(directory, 'gcs'), google, clock });
  await server.gcs().createBucket(BUCKET);
  const keyFile = join(directory, 'gcs-key.json');
  const key = await google.createServiceAccountKey('media@sori.example');
  const writeKey = async (privateKey: string) => {
    await writeFile(keyFile, JSON.stringify({ ...key, private_key: privateKey }));
    await sleep(1_100); // a file is read every second, which the clock of the test does not move
  };
  await writeFile(keyFile, JSON.stringify(key));
  const faults = faultsOf(server, { write: writeKey, privateKey: key.private_key });
  let repair = () => Promise.resolve();
  return {
    settings: { GCS_KEY_FILE: keyFile, STORAGE_EMULATOR_HOST: server.url, GOOGLE_TOKEN_URL: google.tokenUrl },
    /** The same bucket with the same key, by who does not wait for long. */
    impatientStore(projectId: string) {
      const keys = createKeySource(() => readKeyFile(keyFile), { lifeMs: 0 });
      const address = { bucketName: BUCKET, projectId, apiEndpoint: server.url, tokenUrl: google.tokenUrl };
      return createGcsStore({ ...address, keys, limits: SHORT_LIMITS });
    },
    break: async (fault: StorageFault) => {
      repair = await faults[fault]();
    },
    hangingCount: server.hangingCount,
    repair: async () => {
      await repair();
      repair = () => Promise.resolve();
    },
    close: async () => {
      await server.close();
      await google.close();
    },
  };
}

/** Ends a fault. */
type Repair = () => Promise<void>;

function faultsOf(server: BucketServer, key: { write(privateKey: string): Promise<void>; privateKey: string }) {
  const faults: Record<StorageFault, () => Promise<Repair>> = {
    'bad key': async () => {
      await key.write(key.privateKey.slice(0, 69));
      return () => key.write(key.privateKey);
    },
    refused: () => server.replaceBy('nobody'),
    '503': () => server.replaceBy('503'),
    hangs: () => server.replaceBy('silence'),
    '403': async () => {
      await server.gcs().setMembers(BUCKET, { 'somebody@sori.example': 'objectAdmin' });
      return () => server.gcs().setMembers(BUCKET, undefined);
    },
    'no bucket': async () => {
      await server.gcs().deleteBucket(BUCKET);
      return () => server.gcs().restoreBucket(BUCKET);
    },
  };
  return faults;
}

interface BucketServer {
  url: string;
  gcs(): LocalGcs;
  /** At the same address. */
  replaceBy(other: 'nobody' | '503' | 'silence'): Promise<Repair>;
  hangingCount(): number;
  close(): Promise<void>;
}

async function openServer(options: { directory: string; google: LocalGoogle; clock: TestClock }): Promise<BucketServer> {
  let gcs = await startGcs(options);
  let hangingCount = 0;
  const silent: Server[] = [];
  const port = Number(new URL(gcs.url).port);
  const answer: RequestListener = (request, response) => void request.resume().on('end', () => response.writeHead(503).end());
  const hang: RequestListener = () => {
    hangingCount += 1;
  };
  return {
    url: gcs.url,
    gcs: () => gcs,
    hangingCount: () => hangingCount,
    replaceBy: async (other) => {
      await gcs.close();
      const standIn = createServer(other === '503' ? answer : hang);
      if (other !== 'nobody') await listen(standIn, port);
      if (other === 'silence') silent.push(standIn);
      return async () => {
        if (other === 'silence')
          standIn.close(); // whoever waits for it waits on: nobody tells him that it is over
        else await closeServer(standIn);
        gcs = await startGcs({ ...options, port });
      };
    },
    close: async () => {
      await Promise.all(silent.map(closeServer));
      await gcs.close();
    },
  };
}
