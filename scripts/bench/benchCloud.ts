/** What benchmarks run against: the emulator, a bucket and a provider, each a process of its own, on free ports and in a new directory. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CloudInput, CloudReady } from '../local/cloudProcess.ts';
import { startFirestoreEmulator } from '../local/emulators/firestore.ts';
import { startPart } from '../local/processes/part.ts';
import type { SandboxOptions } from '../local/sandbox/index.ts';
import type { SandboxReady } from '../local/sandboxProcess.ts';
import { mustEnd } from './endings.ts';

export interface BenchCloud {
  directory: string;
  /** The environment of whatever works with it. */
  settings: NodeJS.ProcessEnv;
  sandbox: BenchSandbox;
  close(): Promise<void>;
}

export type SandboxPace = Pick<SandboxOptions, 'pace' | 'soundSeconds'>;

export interface BenchSandbox {
  /** For whoever orders songs from it. */
  settings: NodeJS.ProcessEnv;
  /** The sandbox's own door for switches and counts. */
  ask<Answer>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<Answer>;
  close(): Promise<void>;
}

const BUCKET = 'bench-media';
/** More than any benchmark spends. */
const PROVIDER_CREDITS = 10_000_000;
/** The same request is the same sound: made once on this machine, for tests too. */
const SOUNDS = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'sori-sounds');

/** @param storage - `gcs`: the GCS server; `local`: a directory */
export async function startBenchCloud({ storage, ...pace }: SandboxPace & { storage: 'gcs' | 'local' }): Promise<BenchCloud> {
  const directory = await mkdtemp(join(tmpdir(), 'sori-bench-'));
  const closing: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })];
  const close = mustEnd(async () => {
    for (const end of closing.toReversed()) await end();
  });
  const keep = <T>(part: T, end: (part: T) => Promise<unknown>): T => {
    closing.push(() => end(part));
    return part;
  };
  try {
    const firestore = keep(await startFirestoreEmulator({ logFile: join(directory, 'firestore.log') }), (part) => part.close());
    const cloud = keep(await startCloudPart(directory), ({ child }) => child.stop());
    const sandbox = keep(await startBenchSandbox(directory, pace), (part) => part.close());
    const settings = {
      ...process.env,
      GOOGLE_CLOUD_PROJECT: `demo-${randomBytes(6).toString('hex')}`,
      FIRESTORE_EMULATOR_HOST: firestore.host,
      MEDIA_STORES: storage === 'gcs' ? `gcs:${BUCKET}` : `local:${join(directory, 'media')}`,
      GCS_KEY_FILE: keyFileIn(directory),
      STORAGE_EMULATOR_HOST: cloud.ready.storageUrl,
      GOOGLE_TOKEN_URL: cloud.ready.tokenUrl,
      GOOGLE_CERTS_URL: cloud.ready.certsUrl,
      ...sandbox.settings,
      JWT_SECRET: randomBytes(48).toString('hex'),
      METADATA_SERVER_DETECTION: 'none',
    };
    return { directory, settings, sandbox, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function startCloudPart(directory: string) {
  const input: CloudInput = {
    directory,
    keyFile: keyFileIn(directory),
    keyAccount: 'media@bench.iam.gserviceaccount.com',
    buckets: [BUCKET],
    origins: [],
    hasStorage: true,
    hasScheduler: false,
  };
  return startPart<CloudReady>(partOf('cloudProcess'), input, { logFile: join(directory, 'cloud.log') });
}

/** A provider with a pace and a length of songs of its own. */
export async function startBenchSandbox(directory: string, pace: SandboxPace): Promise<BenchSandbox> {
  const apiKey = randomBytes(12).toString('hex');
  const input: SandboxOptions = { directory: join(directory, 'sandbox'), sounds: SOUNDS, credits: PROVIDER_CREDITS, apiKey, ...pace };
  const part = await startPart<SandboxReady>(partOf('sandboxProcess'), input, { logFile: join(directory, 'sandbox.log') });
  const { url } = part.ready;
  return {
    settings: { TOPMEDIAI_BASE_URL: url, TOPMEDIAI_API_KEY: apiKey },
    ask: (...question) => askAt(url, ...question),
    close: () => part.child.stop(),
  };
}

function partOf(name: string): string {
  return join(import.meta.dirname, '..', 'local', `${name}.ts`);
}

function keyFileIn(directory: string): string {
  return join(directory, 'gcs-key.json');
}

async function askAt<Answer>(url: string, method: string, path: string, body?: object): Promise<Answer> {
  const content = body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {};
  const answer = await fetch(`${url}${path}`, { method, signal: AbortSignal.timeout(30_000), ...content });
  if (!answer.ok) throw new Error(`The sandbox answers ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Answer;
}
