/** What the doctor asks Google itself, at a stand-in of its control plane. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { functions } from '../../../scripts/doctor/after/functions.ts';
import { cpuQuota } from '../../../scripts/doctor/before/cpuQuota.ts';
import { indexes } from '../../../scripts/doctor/before/indexes.ts';
import { regions } from '../../../scripts/doctor/before/regions.ts';
import { rules } from '../../../scripts/doctor/before/rules.ts';
import { runtime } from '../../../scripts/doctor/before/runtime.ts';
import type { Check, Finding } from '../../../scripts/doctor/check.ts';
import { startLogs } from '../../../scripts/doctor/during/startLogs.ts';
import type { Site } from '../../../scripts/doctor/site.ts';
import { loadEndpoints } from '../../../scripts/loadEndpoints.ts';
import { type ControlPlane, startControlPlane } from '../../../scripts/local/controlPlane/index.ts';
import { json, serve } from '../../shared/music/smallServer.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const PROJECT = 'demo-cloud';
const DATABASE = `projects/${PROJECT}/databases/(default)`;
const SEOUL = 'asia-northeast3';

interface Index {
  collectionGroup: string;
  queryScope: string;
  fields: object[];
}

let directory: string;
let plane: ControlPlane;
let site: Site;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sori-cloud-'));
  plane = await startControlPlane({ directory, projectId: PROJECT, createKey: () => Promise.resolve({}) });
  const shut = await serve((_, response) => json(response, {}, 403));
  site = {
    ...{ projectId: PROJECT, region: SEOUL, settings: {}, isLocal: true, hasControlPlane: true, logs: undefined },
    ...{ bases: [], dataUrl: shut.url, apiUrl: (api) => `${plane.url}/${api}.googleapis.com` },
  };
  closeShut = shut.close;
  await fill();
});
let closeShut: () => Promise<void>;
afterAll(async () => {
  await closeShut();
  await plane.close();
  await rm(directory, { recursive: true, force: true });
});

const put = (name: string, value: Record<string, unknown>) => plane.cloud.resources.put(name, { name, ...value });
const look = async (check: Check): Promise<Finding> => check.look({ site, sinceAt: undefined, progress: () => undefined });
const told = async (check: Check) => {
  const { mark, seen } = await look(check);
  return { mark, seen };
};

/** A project into which everything was deployed as it is committed. */
async function fill(): Promise<void> {
  await put(DATABASE, { locationId: SEOUL });
  for (const { name } of await loadEndpoints()) await deployed(name, SEOUL, 'nodejs24');
  const { indexes: declared, fieldOverrides } = JSON.parse(await readFile(join(ROOT, 'firestore.indexes.json'), 'utf8')) as {
    indexes: Index[];
    fieldOverrides: { collectionGroup: string; fieldPath: string; ttl?: boolean }[];
  };
  await Promise.all(
    declared.map(({ collectionGroup, queryScope, fields }, at) =>
      put(`${DATABASE}/collectionGroups/${collectionGroup}/indexes/i${at}`, { queryScope, fields, state: 'READY' }),
    ),
  );
  await Promise.all(
    fieldOverrides.map(({ collectionGroup, fieldPath, ttl }) =>
      put(`${DATABASE}/collectionGroups/${collectionGroup}/fields/${fieldPath}`, ttl ? { ttlConfig: { state: 'ACTIVE' } } : {}),
    ),
  );
  await release(await readFile(join(ROOT, 'firestore.rules'), 'utf8'));
}

async function release(content: string): Promise<void> {
  await put(`projects/${PROJECT}/rulesets/r1`, { source: { files: [{ name: 'firestore.rules', content }] } });
  await put(`projects/${PROJECT}/releases/cloud.firestore`, { rulesetName: `projects/${PROJECT}/rulesets/r1` });
}

function deployed(name: string, region: string, runtimeName: string, state = 'ACTIVE') {
  const full = `projects/${PROJECT}/locations/${region}/functions/${name}`;
  return put(full, { state, buildConfig: { runtime: runtimeName }, serviceConfig: { availableCpu: '1', maxInstanceCount: 3 } });
}

it('indexes: notices one that is missing, one that is being built, and a life that nobody ends', async () => {
  expect(await told(indexes)).toEqual({
    mark: 'sound',
    seen: [expect.stringMatching(/^\d+ indexes, \d+ lives, all as committed and ready$/)],
  });
  const [first] = plane.cloud.resources.list(/\/indexes\/i0$/);
  await put(String(first?.['name']), { ...first, state: 'CREATING' });
  expect(await told(indexes)).toMatchObject({ mark: 'doubtful', seen: ['1 are still being built:', expect.any(String)] });
  await plane.cloud.resources.remove(String(first?.['name']));
  const [life] = plane.cloud.resources.list(/\/fields\/expireAt$/);
  await plane.cloud.resources.remove(String(life?.['name']));
  const { mark, seen } = await told(indexes);
  expect({ mark, head: seen[0], life: seen.at(-1) }).toEqual({
    mark: 'broken',
    head: expect.stringMatching(/^2 of /),
    life: expect.stringMatching(/^life of \w+\.expireAt$/),
  });
});

it('rules: notices that the released ones are not the committed ones', async () => {
  expect(await told(rules)).toEqual({ mark: 'sound', seen: ['firestore.rules as committed; strangers are refused'] });
  await release('service cloud.firestore {}');
  expect(await told(rules)).toEqual({ mark: 'broken', seen: ['the released rules are not the committed firestore.rules'] });
});

it('regions: notices a database that is far from its functions', async () => {
  expect(await told(regions)).toMatchObject({ mark: 'sound' });
  await put(DATABASE, { locationId: 'us-central1' });
  expect(await told(regions)).toEqual({ mark: 'broken', seen: ['Firestore is in us-central1'] });
  await put(DATABASE, { locationId: SEOUL });
});

it('runtime: notices a function that was deployed on an older Node', async () => {
  expect(await told(runtime)).toMatchObject({ mark: 'sound' });
  await deployed('getSong', SEOUL, 'nodejs20');
  expect(await told(runtime)).toMatchObject({ mark: 'doubtful', seen: [expect.any(String), 'getSong runs on nodejs20'] });
});

it('cpuQuota: notices a quota that holds not all instances, and one that does not hold one of each', async () => {
  expect(await told(cpuQuota)).toMatchObject({ mark: 'sound' });
  await put(`projects/${PROJECT}/quotas/cpu`, { effectiveLimit: 100_000 });
  expect(await told(cpuQuota)).toMatchObject({ mark: 'doubtful', seen: [expect.stringContaining('the quota is 100')] });
  await put(`projects/${PROJECT}/quotas/cpu`, { effectiveLimit: 20_000 });
  expect(await told(cpuQuota)).toMatchObject({ mark: 'broken' });
});

it('startLogs: tells the errors that Cloud Logging has, by function', async () => {
  expect(await told(startLogs)).toMatchObject({ mark: 'sound' });
  await put('logs/1', { jsonPayload: { message: 'Error: it fell\n  at x' }, resource: { labels: { service_name: 'getsong' } } });
  expect(await told(startLogs)).toEqual({ mark: 'broken', seen: ['1 errors:', 'getsong: Error: it fell'] });
});

it('functions: notices one that is not deployed, and one whose deployment has failed', async () => {
  expect(await told(functions)).toMatchObject({ mark: 'sound' });
  await deployed('getSong', SEOUL, 'nodejs24', 'FAILED');
  await plane.cloud.resources.remove(`projects/${PROJECT}/locations/${SEOUL}/functions/likeSong`);
  expect(await told(functions)).toEqual({ mark: 'broken', seen: ['getSong is FAILED', 'likeSong is not deployed'] });
});
