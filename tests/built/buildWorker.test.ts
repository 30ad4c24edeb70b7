/** The worker where it runs: a built function on the real functions-framework, told to end in the middle of its work. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { serviceUrl } from '#shared/runtime';
import { waitUntil } from '../../scripts/local/waitUntil.ts';
import { dueAtOf, newListener } from '../shared/generation/listener.ts';
import { openStudio, type Studio } from '../support/studio.ts';
import { type BuiltFolder, type BuiltFunction, buildFolder, startBuilt } from './builtFunction.ts';

const GRACE_MS = 8_000;

let folder: BuiltFolder;
let studio: Studio;
let worker: BuiltFunction | undefined;

beforeAll(async () => {
  [folder, studio] = await Promise.all([buildFolder(), openStudio()]);
}, 60_000);
afterAll(async () => {
  await worker?.child.stop(0);
  await Promise.all([folder.remove(), studio.close()]);
});

it('a worker that is told to end lets go of a song half fetched, and the next one need not wait for its lease', async () => {
  const mina = await newListener(studio);
  const generationId = await mina.ask();
  await studio.runWorker();
  studio.clock.advance(12_000); // the provider has finished; the built worker goes by the time of day, and is 12 s behind
  studio.sandbox.faults.add({ name: 'slow', at: ['audio'], delayMs: 3_600_000 });

  worker = await startBuilt(folder.path, 'advanceGenerations', process.env as Record<string, string>);
  const email = process.env['SCHEDULER_SERVICE_ACCOUNT']!;
  const token = await studio.google.mintOidcToken({ audience: `${serviceUrl()}/advanceGenerations`, email });
  const answer = fetch(worker.url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{}',
  });
  await waitUntil('the sound is asked for', () => studio.sandbox.calls().audio >= 2, 20_000);
  worker.child.process.kill('SIGTERM');
  const toldAtMs = performance.now();

  expect((await answer).status).toBe(200);
  expect(await worker.child.exited).toBe('exit code 0');
  expect(performance.now() - toldAtMs).toBeLessThan(GRACE_MS);
  expect((await dueAtOf(generationId))!.getTime()).toBeLessThanOrEqual(Date.now());
  expect((await mina.generation(generationId)).songs.map(({ state }) => state)).toEqual(['making', 'making']);
}, 60_000);
