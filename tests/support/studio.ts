/** What a test of making songs needs besides the service: a provider that makes sound, a bucket with a key, and the hand that runs the worker. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { advanceGenerations, BOUNDS, createWorker, type Worker } from '#shared/generation';
import { systemWorld } from '#shared/runtime';
import { startGcs } from '../../scripts/local/gcs/index.ts';
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
  /** One run of the worker, until nothing is due at this moment. Returns the number of steps. */
  runWorker(own?: Partial<Worker>): Promise<number>;
  /** Runs the worker and moves the clock on, until `isDone` or for so many seconds of its time. */
  workUntil(isDone: () => Promise<boolean>, limitS?: number): Promise<void>;
  close(): Promise<void>;
}

/** It does not wait for what comes next: the test moves the clock. */
function newWorker(clock: TestClock): Worker {
  const own = { world: { ...systemWorld, clock }, isProviderOpen: true, signal: new AbortController().signal };
  return createWorker(own, { ...BOUNDS, waitForDueMs: 0 });
}

const BUCKET = 'songs';
const STEP_MS = 3_000;

export async function openStudio(sandboxOptions: Partial<SandboxOptions> = {}): Promise<Studio> {
  const directory = await mkdtemp(path.join(tmpdir(), 'sori-studio-'));
  const clock = new TestClock();
  const apiKey = 'studio-key';
  const google = await startGoogle({ directory: path.join(directory, 'google') });
  const gcs = await startGcs({ directory: path.join(directory, 'gcs'), google });
  const sandbox = await startSandbox({ directory: path.join(directory, 'sandbox'), apiKey, clock, soundSeconds: 2, ...sandboxOptions });
  const scheduler = await startScheduler({ file: path.join(directory, 'jobs.json') });
  const key = await google.createServiceAccountKey('api@sori.example');
  const keyFile = path.join(directory, 'gcs-key.json');
  await writeFile(keyFile, JSON.stringify(key));
  await gcs.createBucket(BUCKET);
  const service = await startService({
    world: { clock },
    settings: {
      TOPMEDIAI_BASE_URL: sandbox.url,
      TOPMEDIAI_API_KEY: apiKey,
      MEDIA_STORES: `gcs:${BUCKET}`,
      GCS_KEY_FILE: keyFile,
      STORAGE_EMULATOR_HOST: gcs.url,
      GOOGLE_TOKEN_URL: google.tokenUrl,
      GOOGLE_CERTS_URL: google.certsUrl,
      CLOUD_SCHEDULER_ENDPOINT: scheduler.endpoint,
    },
  });
  const runWorker = (own: Partial<Worker> = {}) => advanceGenerations({ ...newWorker(clock), ...own });
  return {
    service,
    sandbox,
    google,
    clock,
    runWorker,
    workUntil: (isDone, limitS = 120) => workUntil({ clock, runWorker }, isDone, limitS),
    close: async () => {
      await service.close();
      await Promise.all([sandbox.close(), gcs.close(), scheduler.close()]);
      await google.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function workUntil(
  { clock, runWorker }: Pick<Studio, 'clock' | 'runWorker'>,
  isDone: () => Promise<boolean>,
  limitS: number,
): Promise<void> {
  for (let seconds = 0; seconds <= limitS; seconds += STEP_MS / 1000) {
    await runWorker();
    if (await isDone()) return;
    clock.advance(STEP_MS);
  }
  throw new Error(`not done after ${limitS} s of the worker's time`);
}
