/** A built function alone on the real functions-framework, in a process of its own, as Cloud Run starts it. */
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buildFunctions } from '../../scripts/build/buildFunctions.ts';
import type { Weight } from '../../scripts/build/weigh.ts';
import { projectFolder } from '../../scripts/check/command.ts';
import { type Child, startNode } from '../../scripts/local/processes/child.ts';
import { freePort } from '../../scripts/local/processes/port.ts';
import { waitUntil } from '../../scripts/local/waitUntil.ts';
import { emulators } from '../support/emulators.ts';

export interface BuiltFolder {
  path: string;
  weights: Weight[];
  remove(): Promise<void>;
}

/** Builds into a temporary folder and installs there what its package.json names, and nothing else. */
export async function buildFolder(): Promise<BuiltFolder> {
  const path = await mkdtemp(join(tmpdir(), 'sori-build-'));
  const weights = await buildFunctions(path);
  const { dependencies } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as { dependencies: object };
  for (const name of Object.keys(dependencies)) {
    const link = join(path, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(projectFolder, 'node_modules', name), link);
  }
  return { path, weights, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Settings of a function in a project of its own, with the emulators in the place of Google. Secrets come besides. */
export function settings(): Record<string, string> {
  const { firestoreHost, authHost } = emulators();
  const projectId = 'demo-built-functions';
  return {
    GOOGLE_CLOUD_PROJECT: projectId,
    AUTH_API_KEY: projectId, // the Auth emulator reads a key of this form as the project
    SCHEDULER_SERVICE_ACCOUNT: `scheduler@${projectId}.iam.gserviceaccount.com`,
    FIRESTORE_EMULATOR_HOST: firestoreHost,
    FIREBASE_AUTH_EMULATOR_HOST: authHost,
  };
}

export const SECRETS = { JWT_SECRET: 'not a secret '.repeat(6), BACKUP_SECRET: 'not a secret '.repeat(6), TOPMEDIAI_API_KEY: 'not-a-key' };

export interface BuiltFunction {
  url: string;
  port: number;
  child: Child;
  /** What it has written so far. */
  output(): string;
}

/** @param env - all that it finds in its environment, besides what the platform sets; with `PORT` it listens there */
export async function startBuilt(folder: string, name: string, env: Record<string, string>): Promise<BuiltFunction> {
  const started = await spawnBuilt(folder, name, env);
  const { child, port, output } = started;
  try {
    await waitUntil(`${name} listens`, () => child.hasExited() || accepts(port), 30_000);
    if (child.hasExited()) throw new Error(`${name} has ended: ${output()}`);
  } catch (error) {
    await child.stop(0);
    throw error;
  }
  return started;
}

/** The same without waiting for it to listen: for starts that are refused. */
export async function spawnBuilt(folder: string, name: string, env: Record<string, string>): Promise<BuiltFunction> {
  const port = env['PORT'] === undefined ? await freePort() : Number(env['PORT']);
  const logFile = join(folder, `${name}-${port}.log`);
  const main = join(projectFolder, 'node_modules/@google-cloud/functions-framework/build/src/main.js');
  const child = startNode([main, '--source', folder, '--target', name], {
    logFile,
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', PORT: String(port), ...env },
  });
  return { url: `http://127.0.0.1:${port}`, port, child, output: () => readFileSync(logFile, 'utf8') };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket.destroy() !== undefined));
    socket.once('error', () => resolve(false));
  });
}
