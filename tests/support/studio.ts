/** What a test of making songs needs besides the service: a provider that makes sound, a bucket with a key, and the hand that runs the worker. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { advanceGenerations, BOUNDS, type Bounds, createWorker, type Worker } from '#shared/generation';
import type { MediaStore } from '#shared/media';
import { systemWorld } from '#shared/runtime';
import { type LocalGcs, startGcs } from '../../scripts/local/gcs/index.ts';
import { type LocalGoogle, startGoogle } from '../../scripts/local/google/index.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../scripts/local/sandbox/index.ts';
import { startScheduler } from '../../scripts/local/scheduler/index.ts';
import { TestClock } from './clock.ts';
import { type Service, startService } from './service.ts';

export interface Studio {
  service: Service;
  sandbox: Sandbox;
  google: LocalGoogle;
  clock: TestClock;
  storage: Storage;
  /** The very client that the worker uses. */
  provider: Worker['provider'];
  /** One run of the worker, until nothing is due at this moment. Returns the number of steps. */
  runWorker(own?: OwnWorker): Promise<number>;
  /** Runs the worker and moves the clock on, until `isDone` or for so many seconds of its time. Returns the seconds. */
  workUntil(isDone: () => Promise<boolean>, options?: WorkOptions): Promise<number>;
  close(): Promise<void>;
}

export interface WorkOptions {
  limitS?: number;
  stepS?: number;
  worker?: OwnWorker;
}

/** What of the worker is to be another than the usual. */
export type OwnWorker = Partial<Omit<Worker, 'bounds'>> & { bounds?: Partial<Bounds> };

export interface Storage {
  /** The very store that the worker uses. */
  store: MediaStore;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Names of all objects of these songs, staged ones too. */
  namesOf(songIds: string[]): Promise<string[]>;
}

/** It does not wait for what comes next: the test moves the clock. */
const TEST_BOUNDS: Bounds = { ...BOUNDS, waitForDueMs: 0 };

const BUCKET = 'songs';
/** Sounds outlive the tests: the same request is the same sound, and making it takes the longest. */
const SOUNDS = path.join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'sori-sounds');
const RATE_LIMITS = { windowMs: 60_000, requests: 5_000, generations: 1_000, readsWithoutDatabase: 20 };

export async function openStudio(sandboxOptions: Partial<SandboxOptions> = {}): Promise<Studio> {
  const directory = await mkdtemp(path.join(tmpdir(), 'sori-studio-'));
  const clock = new TestClock();
  const apiKey = 'studio-key';
  const google = await startGoogle({ directory: path.join(directory, 'google') });
  const bucket = await openBucket({ directory: path.join(directory, 'gcs'), google, clock });
  const ownSandbox = { directory: path.join(directory, 'sandbox'), sounds: SOUNDS, apiKey, clock, soundSeconds: 2 };
  const sandbox = await startSandbox({ ...ownSandbox, ...sandboxOptions });
  const scheduler = await startScheduler({ file: path.join(directory, 'jobs.json') });
  const keyFile = path.join(directory, 'gcs-key.json');
  await writeFile(keyFile, JSON.stringify(await google.createServiceAccountKey('api@sori.example')));
  const service = await startService({
    world: { clock },
    rateLimits: RATE_LIMITS,
    settings: {
      TOPMEDIAI_BASE_URL: sandbox.url,
      TOPMEDIAI_API_KEY: apiKey,
      MEDIA_STORES: `gcs:${BUCKET}`,
      GCS_KEY_FILE: keyFile,
      STORAGE_EMULATOR_HOST: bucket.url,
      GOOGLE_TOKEN_URL: google.tokenUrl,
      GOOGLE_CERTS_URL: google.certsUrl,
      CLOUD_SCHEDULER_ENDPOINT: scheduler.endpoint,
    },
  });
  const newWorker = (bounds: Partial<Bounds> = {}) =>
    createWorker({ world: { ...systemWorld, clock }, signal: new AbortController().signal }, { ...TEST_BOUNDS, ...bounds });
  const { store, provider } = newWorker();
  const runWorker = ({ bounds, ...own }: OwnWorker = {}): Promise<number> => advanceGenerations({ ...newWorker(bounds), ...own });
  return {
    service,
    sandbox,
    provider,
    google,
    clock,
    storage: { store, stop: bucket.stop, start: bucket.start, namesOf: (songIds) => namesOf(store, songIds) },
    runWorker,
    workUntil: (isDone, options) => workUntil({ clock, runWorker }, isDone, options),
    close: async () => {
      await service.close();
      await Promise.all([sandbox.close(), bucket.stop(), scheduler.close()]);
      await google.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A bucket whose server can go away and come back under its address. */
async function openBucket(options: { directory: string; google: LocalGoogle; clock: TestClock }) {
  let gcs: LocalGcs | undefined = await startGcs(options);
  const { url } = gcs;
  await gcs.createBucket(BUCKET);
  return {
    url,
    stop: async () => {
      await gcs?.close();
      gcs = undefined;
    },
    start: async () => {
      gcs = await startGcs({ ...options, port: Number(new URL(url).port) });
    },
  };
}

async function namesOf(store: MediaStore, songIds: string[]): Promise<string[]> {
  const names: string[] = [];
  for (const prefix of songIds.flatMap((songId) => [`staging/${songId}/`, `songs/${songId}/`, `covers/${songId}/`])) {
    for await (const { name } of store.list(prefix)) names.push(name);
  }
  return names;
}

async function workUntil(
  { clock, runWorker }: Pick<Studio, 'clock' | 'runWorker'>,
  isDone: () => Promise<boolean>,
  { limitS = 180, stepS = 3, worker = {} }: WorkOptions = {},
): Promise<number> {
  for (let seconds = 0; seconds <= limitS; seconds += stepS) {
    await runWorker(worker);
    if (await isDone()) return seconds;
    clock.advance(stepS * 1000);
  }
  throw new Error(`not done after ${limitS} s of the worker's time`);
}
