/** What a process has counted is stored before it ends. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { closeDatabase, database } from '#shared/runtime';
import { useOwnProject } from '../support/service.ts';
import { type BuiltFolder, buildFolder, SECRETS, settings, startBuilt } from './builtFunction.ts';

let folder: BuiltFolder;
let env: Record<string, string>;

beforeAll(async () => {
  const projectId = useOwnProject();
  folder = await buildFolder();
  env = { ...settings(), ...SECRETS, GOOGLE_CLOUD_PROJECT: projectId };
}, 60_000);
afterAll(async () => {
  await closeDatabase();
  await folder.remove();
});

it('SIGTERM stores the requests of the minute, in one document', async () => {
  const getStatus = await startBuilt(folder.path, 'getStatus', env);
  for (let call = 0; call < 3; call += 1) expect((await fetch(getStatus.url)).status).toBe(200);
  await getStatus.child.stop(8_000);
  const db = await database();
  const stored = (await db.collection('figures').get()).docs.map((document) => document.get('functions.getStatus.requests') as number);
  expect(stored.length).toBeLessThanOrEqual(2); // the calls may have been of two minutes
  expect(stored.reduce((sum, count) => sum + count, 0)).toBe(3);
}, 60_000);

it('A database that nobody can reach holds no process up when it ends', async () => {
  const getStatus = await startBuilt(folder.path, 'answerUnknown', { ...env, FIRESTORE_EMULATOR_HOST: '127.0.0.1:9' });
  await fetch(getStatus.url);
  const beganAt = performance.now();
  await getStatus.child.stop(8_000);
  expect(performance.now() - beganAt).toBeLessThan(4_000);
  expect(getStatus.output()).toContain('draining');
}, 60_000);
