/** The functions of `npm start` tell of errors and traces as those in production do: where they are told to, and nowhere else. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { FunctionsReady } from '../../scripts/local/functionsProcess.ts';
import { type Part, startPart } from '../../scripts/local/processes/part.ts';
import { type Scheduler, startScheduler } from '../../scripts/local/scheduler/index.ts';
import { json, type SmallServer, serve } from '../shared/music/smallServer.ts';
import { emulators } from '../support/emulators.ts';

const SECRET = 'not a secret '.repeat(6);

let directory: string;
let scheduler: Scheduler;
let listener: SmallServer;
let functions: Part<FunctionsReady>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sori-test-reporting-'));
  scheduler = await startScheduler({ file: join(directory, 'jobs.json') });
  listener = await serve((_request, response) => json(response, {}));
  const { firestoreHost, authHost } = emulators();
  const env = {
    PATH: process.env['PATH'],
    GOOGLE_CLOUD_PROJECT: 'demo-reporting',
    FIRESTORE_EMULATOR_HOST: firestoreHost,
    FIREBASE_AUTH_EMULATOR_HOST: authHost,
    CLOUD_SCHEDULER_ENDPOINT: scheduler.endpoint,
    SCHEDULER_SERVICE_ACCOUNT: 'scheduler@demo-reporting.iam.gserviceaccount.com',
    MEDIA_STORES: `local:${join(directory, 'media')}`,
    ...{ JWT_SECRET: SECRET, BACKUP_SECRET: SECRET, TOPMEDIAI_API_KEY: 'none' },
    SENTRY_DSN: `http://public@127.0.0.1:${listener.port}/1`,
    OTEL_EXPORTER_OTLP_ENDPOINT: listener.url,
  };
  const script = join(import.meta.dirname, '..', '..', 'scripts', 'local', 'functionsProcess.ts');
  functions = await startPart<FunctionsReady>(script, { port: 0 }, { logFile: join(directory, 'functions.log'), env });
}, 60_000);
afterAll(async () => {
  await functions?.child.stop(0);
  await scheduler.close();
  await listener.close();
  await rm(directory, { recursive: true, force: true });
});

it('An error and a trace are on their way when the process has ended', async () => {
  // Without AUTH_API_KEY nobody can be signed in, which nobody expects once the functions run.
  const body = JSON.stringify({ email: 'mina@sori.example', password: 'hunter2-hunter2' });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`http://127.0.0.1:${functions.ready.port}/v1/signIn`, { method: 'POST', headers, body });
  expect(answer.status).toBe(500);
  await functions.child.stop(10_000);
  const sent = listener.received.map(({ url, body }) => `${url} ${body}`).join('\n');
  expect(sent).toMatch(/\/api\/1\/envelope\/.*\n[\s\S]*AUTH_API_KEY is not set/);
  expect(sent).toMatch(/\/v1\/traces .*POST \/v1\/signIn/);
  expect(sent).not.toMatch(/mina|hunter2/);
}, 30_000);
