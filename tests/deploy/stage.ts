/** A rehearsal that runs for a whole test file, and the commands of an operator against it, as he types them. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type Release, Releases } from '../../scripts/deploy/release.ts';
import { type Fault, setFaults } from '../../scripts/local/controlPlane/index.ts';
import { type Attached, SANDBOX_KEY, startRehearsal } from '../../scripts/local/rehearsal/index.ts';
import { startSandbox } from '../../scripts/local/sandbox/index.ts';
import { waitUntil } from '../../scripts/local/waitUntil.ts';
import { emulators } from '../support/emulators.ts';

export interface Stage {
  attached: Attached;
  run(script: 'deploy' | 'rollback', args: string[], until?: () => boolean): Promise<Told>;
  /** `undefined`: the newest. */
  release(): Release;
  setFaults(faults: Fault[]): void;
  /** What the control plane was asked, in order. */
  requests(): { api: string; method: string; path: string; status: number }[];
  resources(): Record<string, Record<string, unknown>>;
  ask(method: string, host: string, path: string): Promise<void>;
  logs(): string[];
  close(): Promise<void>;
}

export interface Told {
  code: number | null;
  /** Both streams. */
  text: string;
}

const LIMIT_MS = 240_000;
/** The provider's patience is not what is tried here. */
const PACE = { finalFromMs: 500, finalToMs: 1_000, coverPolls: 0 };
const SOUNDS = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'sori-sounds');

export async function openStage(): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), 'sori-deploy-'));
  const { firestoreHost, authHost } = emulators();
  const sandbox = await startSandbox({
    directory: join(directory, 'sandbox'),
    sounds: SOUNDS,
    apiKey: SANDBOX_KEY,
    soundSeconds: 2,
    pace: PACE,
  });
  const own = join(directory, 'rehearsal');
  const outside = { FIRESTORE_EMULATOR_HOST: firestoreHost, FIREBASE_AUTH_EMULATOR_HOST: authHost, TOPMEDIAI_BASE_URL: sandbox.url };
  const projectId = `demo-${randomBytes(6).toString('hex')}`;
  const { attached, stop } = await startRehearsal({ directory: own, outside, projectId });
  const plane = join(own, 'controlPlane');
  const read = (file: string) => (existsSync(join(plane, file)) ? readFileSync(join(plane, file), 'utf8') : '');
  return {
    attached,
    run: (script, args, until) => run(script, args, { PATH: process.env['PATH'], HOME: directory, SORI_DATA_DIR: directory }, until),
    release: () => new Releases(join(own, 'releases')).list().at(-1)!,
    setFaults: (faults) => setFaults(plane, faults),
    requests: () =>
      z.array(Request).parse(
        read('requests.jsonl')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as unknown),
      ),
    resources: () => z.record(z.string(), z.record(z.string(), z.unknown())).parse(JSON.parse(read('resources.json') || '{}')),
    ask: async (method, host, path) => {
      const headers = { Authorization: `Bearer ${attached.operatorToken}` };
      const { status } = await fetch(`${attached.controlPlaneUrl}/${host}${path}`, { method, headers });
      if (status !== 200) throw new Error(`${method} ${path}: ${status}`);
    },
    logs: () => [
      ...textsBelow(join(own, 'logs'), '.log'),
      ...textsBelow(join(own, 'releases'), '.log'),
      ...textsBelow(join(own, 'releases'), 'release.json'),
      read('requests.jsonl'),
    ],
    close: async () => {
      await stop();
      await sandbox.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const Request = z.object({ api: z.string(), method: z.string(), path: z.string(), status: z.number() });

/** @param until - then it is killed, as by a power cut */
async function run(script: string, args: string[], env: NodeJS.ProcessEnv, until?: () => boolean): Promise<Told> {
  const file = join(import.meta.dirname, '..', '..', 'scripts', `${script}.ts`);
  const child = spawn(process.execPath, [file, '--rehearse', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT_MS });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece: Buffer) => {
      text += piece;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  if (until) {
    await waitUntil('the moment to kill it', () => until() || child.exitCode !== null, LIMIT_MS);
    child.kill('SIGKILL');
  }
  return { code: await ended, text };
}

function textsBelow(folder: string, ending: string): string[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith(ending));
  return files.map((name) => readFileSync(join(folder, name), 'utf8'));
}
