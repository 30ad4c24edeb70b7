/** The whole local cloud, as `npm start` makes it, and the doctor in a second terminal. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { checks } from '../../../scripts/doctor/checks.ts';
import { type LocalCloud, startLocalCloud } from '../../../scripts/local/localCloud.ts';
import { freePort } from '../../shared/music/smallServer.ts';
import { emulators } from '../../support/emulators.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const LIMIT_MS = 120_000;

/** How fast this machine is today is no matter of a test. */
const SLOW_TODAY = /^! (database|responseTimes|errors)$/;

let directory: string;
let cloud: LocalCloud;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sori-doctor-'));
  const { firestoreHost, authHost } = emulators();
  const projectId = `demo-doctor-${process.pid}`;
  const port = await freePort();
  const { PATH } = process.env;
  // The emulators are everybody's; their addresses come from outside, and the API key is of the form that they take.
  const addresses = { FIRESTORE_EMULATOR_HOST: firestoreHost, FIREBASE_AUTH_EMULATOR_HOST: authHost };
  env = { PATH, PORT: String(port), SORI_DATA_DIR: directory, GOOGLE_CLOUD_PROJECT: projectId, AUTH_API_KEY: projectId, ...addresses };
  await loadRules(firestoreHost, projectId);
  const progress = { say: () => undefined, step: <T>(_: string, work: Promise<T>) => work };
  cloud = await startLocalCloud({ directory, root: ROOT, port, outside: env, instances: undefined, progress });
}, LIMIT_MS);
afterAll(async () => {
  await cloud.stop();
  await rm(directory, { recursive: true, force: true });
});

async function loadRules(host: string, projectId: string): Promise<void> {
  const content = await readFile(join(ROOT, 'firestore.rules'), 'utf8');
  const body = JSON.stringify({ rules: { files: [{ name: 'firestore.rules', content }] } });
  const answer = await fetch(`http://${host}/emulator/v1/projects/${projectId}:securityRules`, { method: 'PUT', body });
  expect(answer.status).toBe(200);
}

function doctor(...args: string[]): Promise<{ code: number; out: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(ROOT, 'scripts', 'doctor.ts'), ...args], { env, timeout: LIMIT_MS }, (error, out) => {
      resolve({ code: error ? Number(error.code) : 0, out });
    });
  });
}

it(
  'is sound by every check, and the doctor tells nothing that is secret',
  async () => {
    const { code, out } = await doctor();
    const lines = out.split('\n').filter((line) => /^[✓!✗] /.test(line));
    const marks = lines.slice(0, -1).map((line) => line.split(/\s+/, 2).join(' ').replace(SLOW_TODAY, '✓ $1'));
    expect(marks).toEqual(checks.filter(({ list }) => list !== 'asked').map(({ name }) => `✓ ${name}`));
    expect(code).toBe(0);
    const secrets = Object.values(JSON.parse(await readFile(join(directory, 'secrets.json'), 'utf8')) as Record<string, string>);
    const key = JSON.parse(await readFile(join(directory, 'gcs-key.json'), 'utf8')) as { private_key: string };
    for (const secret of [...secrets, key.private_key.split('\n')[1] ?? '']) expect(out).not.toContain(secret);
  },
  LIMIT_MS,
);

it(
  'is told as data too, with nothing else on standard output',
  async () => {
    const { code, out } = await doctor('headers', 'cors', '--json');
    expect(code).toBe(0);
    const told = JSON.parse(out) as { isWell: boolean; checks: { name: string; mark: string }[] };
    expect(told.isWell).toBe(true);
    expect(told.checks.map(({ name, mark }) => [name, mark])).toEqual([
      ['headers', 'sound'],
      ['cors', 'sound'],
    ]);
  },
  LIMIT_MS,
);
