/** `npm run deploy -- --rehearse`, from an empty project to phase 2, through everything that can go wrong on the way. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { runFirebase } from '../../scripts/deploy/firebaseCli.ts';
import { shiftTraffic } from '../../scripts/deploy/revisions.ts';
import { type Deployment, Stopped } from '../../scripts/deploy/step.ts';
import { preflight } from '../../scripts/deploy/steps/preflight.ts';
import { rehearsedTarget } from '../../scripts/deploy/target.ts';
import { openStage, type Stage } from './stage.ts';

const LIMIT_MS = 240_000;
/** All functions at once, and no time to watch: the tests wait for the rest already. */
const QUICK = ['--yes', '--batch', '100', '--watch', '0'];
const SECRETS = 'secretmanager.googleapis.com';
const FUNCTIONS = 'cloudfunctions.googleapis.com';

const Traffic = z.tuple([z.object({ revision: z.string().optional() })]);

let stage: Stage;
/** Everything that the commands have printed. */
let printed = '';

beforeAll(async () => {
  stage = await openStage();
}, LIMIT_MS);
afterAll(() => stage.close());

async function deploy(args: string[], until?: () => boolean) {
  const told = await stage.run('deploy', args, until);
  printed += told.text;
  return told;
}

/** Which revision answers calls of a function. */
function bound(name: string): unknown {
  const { projectId } = stage.attached;
  const service = stage.resources()[`projects/${projectId}/locations/asia-northeast3/services/${name.toLowerCase()}`];
  return Traffic.parse(service?.['traffic'])[0].revision;
}

// In this order: each goes on where the one before has ended.
describe('A deployment', () => {
  it(
    'shows its plan, and changes nothing where nobody is there to agree',
    async () => {
      const { code, text } = await deploy(['--phase', '1']);
      expect(text).toContain('deploys 6');
      expect(text).toContain('give --yes');
      expect(code).toBe(1);
      expect(stage.requests().filter(({ method, path }) => method !== 'GET' && !/Iam|sori-media|serviceAccounts$/.test(path))).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'stops at what is not permitted, with what to do',
    async () => {
      stage.setFaults([{ api: SECRETS, method: 'POST', path: '/secrets', kind: 'permission', times: 1 }]);
      const { code, text } = await deploy(['--phase', '1', ...QUICK]);
      expect(code).toBe(1);
      expect(text).toMatch(/✗ secrets.*403.*Permission denied/);
      expect(text).toContain('What next: ');
      expect(stage.release()).toMatchObject({ state: 'failed', done: ['doctor', 'accounts'], functions: {} });
    },
    LIMIT_MS,
  );

  it(
    'goes on in the same release when it was killed between two steps',
    async () => {
      const { releaseId } = stage.release();
      const isThere = () => stage.release().done.includes('database');
      const { text } = await deploy(['--phase', '1', ...QUICK], isThere);
      const { state } = stage.release();
      expect({ state, text: state === 'running' ? '' : text }).toEqual({ state: 'running', text: '' });
      expect(stage.release()).toMatchObject({ releaseId, functions: {} });
    },
    LIMIT_MS,
  );

  it(
    'waits for a quota that is used up, and goes live in phase 1, where new songs are held back',
    async () => {
      const { releaseId } = stage.release();
      stage.setFaults([{ api: FUNCTIONS, method: 'POST', path: ':generateUploadUrl', kind: 'quota', times: 1 }]);
      const { code, text } = await deploy(['--phase', '1', ...QUICK]);
      expect(text).toContain(`Goes on with ${releaseId}`);
      expect(text).toContain('done before, in this release');
      expect(text).toContain('a quota is used up');
      expect(text).toContain('new songs and uploads are held back: 503 feature_unavailable');
      expect({ code, text: code === 0 ? '' : text }).toEqual({ code: 0, text: '' });
      expect(stage.release()).toMatchObject({ releaseId, state: 'live', phase: 1 });
      expect(Object.keys(stage.release().functions).length).toBeGreaterThan(50);
    },
    LIMIT_MS,
  );

  it('does its steps in their order', () => {
    const firstAt = (api: string, path: RegExp) =>
      stage.requests().findIndex((request) => request.api === api && request.method !== 'GET' && path.test(request.path));
    const order = [
      firstAt('serviceusage.googleapis.com', /batchEnable/),
      firstAt(SECRETS, /:addVersion/),
      firstAt('artifactregistry.googleapis.com', /gcf-artifacts/),
      firstAt('firestore.googleapis.com', /databases$/),
      firstAt('firebaserules.googleapis.com', /releases/),
      firstAt(FUNCTIONS, /functions$/),
      firstAt('run.googleapis.com', /setIamPolicy/),
      firstAt('firebasehosting.googleapis.com', /releases/),
      firstAt('monitoring.googleapis.com', /alertPolicies/),
    ];
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).not.toContain(-1);
  });

  it('refuses phase 2 as long as the storage key is cut off, and says what else to do', async () => {
    const asked = { target: rehearsedTarget(stage.attached), command: { phase: 2 } } as Deployment;
    const refused = await preflight.run(asked).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Stopped);
    expect((refused as Stopped).message).toBe('The storage key: The private key has 69 characters; a real one has 1,600 or more.');
    expect((refused as Stopped).next.en).toContain('--phase 1, and --hotfix storage-key later');
  });

  it(
    'has nothing to do when nothing has changed',
    async () => {
      const { text } = await deploy(['--phase', '1', '--dry-run']);
      for (const title of ['APIs and service accounts', 'clean-up of old images', 'functions', 'buckets']) {
        expect(text).toMatch(new RegExp(`${title}.*as it is to be`));
      }
    },
    LIMIT_MS,
  );
});

describe('A rollback', () => {
  it(
    'gives the traffic back to the revisions of that release',
    async () => {
      const { releaseId, functions } = stage.release();
      await deployOtherSettings(['getStatus', 'checkHealth']);
      expect(bound('getStatus')).toBeUndefined();
      const { code, text } = await stage.run('rollback', ['--to', releaseId]);
      expect({ code, text: code === 0 ? '' : text }).toEqual({ code: 0, text: '' });
      expect([bound('getStatus'), bound('checkHealth')]).toEqual([functions['getStatus']?.revision, functions['checkHealth']?.revision]);
    },
    LIMIT_MS,
  );

  it(
    'deploys the kept build again when an image is gone',
    async () => {
      const { releaseId, functions } = stage.release();
      const { projectId } = stage.attached;
      const service = `projects/${projectId}/locations/asia-northeast3/services/getstatus`;
      await deployOtherSettings(['getStatus']);
      await shiftTraffic('getStatus', undefined, rehearsedTarget(stage.attached));
      await stage.ask('DELETE', 'run.googleapis.com', `/v2/${service}/revisions/${functions['getStatus']?.revision}`);
      const { code, text } = await stage.run('rollback', ['--to', releaseId]);
      expect(text).toContain('1 have no revision left and are deployed again');
      expect({ code, text: code === 0 ? '' : text }).toEqual({ code: 0, text: '' });
      expect(stage.release().functions['getStatus']?.revision).not.toBe(functions['getStatus']?.revision);
      expect((await fetch(`${stage.attached.serviceUrl}/getStatus`)).status).toBe(200);
    },
    LIMIT_MS,
  );
});

describe('The hot fix of the storage key', () => {
  it(
    'opens phase 2 without deploying anything, and says how long it took',
    async () => {
      const before = stage.requests().length;
      const { code, text } = await deploy(['--hotfix', 'storage-key', '--yes']);
      expect(text).toMatch(/The key now.*too_short: The private key has 69 characters/);
      expect(text).toMatch(/phase 2 is open, [\d.]+ s after the key was given/);
      expect(text).toMatch(/a song was made in \d+ s and plays/);
      expect({ code, text: code === 0 ? '' : text }).toEqual({ code: 0, text: '' });
      expect(
        stage
          .requests()
          .slice(before)
          .filter(({ api, method }) => api === FUNCTIONS && method !== 'GET'),
      ).toEqual([]);
      expect(stage.release()).toMatchObject({ state: 'live', phase: 2 });
    },
    LIMIT_MS,
  );
});

describe('What the commands print and write', () => {
  it('holds no secret', () => {
    const secrets = Object.entries(stage.resources()).flatMap(([name, { data }]) =>
      name.endsWith('#payload') ? [Buffer.from(String(data), 'base64').toString()] : [],
    );
    expect(secrets.length).toBeGreaterThanOrEqual(5);
    const all = [printed, ...stage.logs()].join('\n');
    const parts = secrets.map((text) =>
      text.startsWith('{') ? (JSON.parse(text) as { private_key: string }).private_key.slice(28, 68) : text,
    );
    expect(parts.filter((part) => all.includes(part))).toEqual([]);
  });
});

/** New revisions of these functions, as a later release would make them. */
async function deployOtherSettings(names: string[]): Promise<void> {
  const { releaseId } = stage.release();
  const target = rehearsedTarget(stage.attached);
  const kept = join(stage.attached.directory, 'releases', releaseId, 'source');
  const folder = join(stage.attached.directory, 'other');
  cpSync(kept, folder, { recursive: true });
  const settings = join(folder, 'dist', `.env.${target.projectId}`);
  writeFileSync(settings, readFileSync(settings, 'utf8').replace('LOG_LEVEL="info"', 'LOG_LEVEL="warn"'));
  const only = names.map((name) => `functions:${name}`).join();
  await runFirebase(['deploy', '--only', only, '--force'], {
    target,
    folder,
    logFile: join(stage.attached.directory, 'logs', 'other.log'),
  });
}
