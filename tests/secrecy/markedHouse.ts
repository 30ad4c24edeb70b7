/** The whole service with every secret, address and store marked, and everybody around it who is told something: real servers all. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { FigureGatherer } from '#shared/figures';
import { advanceGenerations, BOUNDS, createWorker } from '#shared/generation';
import { RATE_LIMITS } from '#shared/limits';
import { type Reporting, startReporting } from '#shared/reporting';
import { type Clock, required, serviceUrl, systemWorld } from '#shared/runtime';
import { startGcs } from '../../scripts/local/gcs/index.ts';
import { startGoogle } from '../../scripts/local/google/index.ts';
import { type Sandbox, startSandbox } from '../../scripts/local/sandbox/index.ts';
import { json, type Received, serve } from '../shared/music/smallServer.ts';
import { type Service, startService } from '../support/service.ts';
import { type Marks, newMarks, word } from './marks.ts';

export interface MarkedHouse {
  marks: Marks;
  service: Service;
  sandbox: Sandbox;
  figures: FigureGatherer;
  reporting: Reporting;
  backups: string;
  keyFile: string;
  providerKey: string;
  /** What operators were sent; from now on it answers with `webhook.status`. */
  webhook: { texts: string[]; status: number };
  /** Envelopes of errors. */
  envelopes: string[];
  /** What a collector of traces was sent. */
  spans: string[];
  /** Time goes on by so much. */
  pass(ms: number): void;
  /** Cloud Scheduler calls a function. */
  fire(name: string): Promise<number>;
  work(): Promise<unknown>;
  close(): Promise<void>;
}

/** Waiting takes no time to speak of, and time moves when it is told to. */
function shiftedClock(): Clock & { shiftMs: number } {
  const { clock } = systemWorld;
  return {
    shiftMs: 0,
    now() {
      return clock.now() + this.shiftMs;
    },
    monotonicMs() {
      return clock.monotonicMs() + this.shiftMs;
    },
    sleep: (ms, signal) => clock.sleep(Math.min(ms, 20), signal),
  };
}

export async function openMarkedHouse(directory: string): Promise<MarkedHouse> {
  const marks = newMarks();
  const secret = (prefix = '') => {
    const made = prefix + word();
    marks.secrets.push(made);
    return made;
  };
  const clock = shiftedClock();
  const world = { ...systemWorld, clock: { now: () => clock.now(), monotonicMs: () => clock.monotonicMs(), sleep: clock.sleep } };
  const listeners = await openListeners(secret());
  const providerKey = secret();
  const sounds = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'sori-sounds');
  const making = { directory: join(directory, 'sandbox'), sounds, apiKey: providerKey, clock: world.clock, soundSeconds: 2 };
  const sandbox = await startSandbox(making);
  const storage = await openStorage(directory, marks, world.clock);
  const figures = new FigureGatherer(world);
  const rateLimits = { ...RATE_LIMITS, requests: 100_000, generations: 100_000 };
  const own = { TOPMEDIAI_BASE_URL: sandbox.url, TOPMEDIAI_API_KEY: providerKey, BACKUP_BUCKET: `local:${join(directory, 'backups')}` };
  const keys = { JWT_SECRET: secret().repeat(4), BACKUP_SECRET: secret().repeat(4) };
  const settings = { ...storage.settings, ...listeners.settings, ...own, ...keys, LOG_LEVEL: 'debug' };
  const service = await startService({ world, figures, rateLimits, endpoints: [failing(marks)], settings });
  return {
    ...{ marks, service, sandbox, figures, providerKey, reporting: startReporting('sori'), keyFile: storage.keyFile },
    ...{ backups: join(directory, 'backups'), webhook: listeners.webhook, envelopes: listeners.envelopes, spans: listeners.spans },
    pass: (ms) => {
      clock.shiftMs += ms;
    },
    fire: async (name) => {
      const token = await storage.scheduler.mintOidcToken({
        audience: `${serviceUrl()}/${name}`,
        email: required('SCHEDULER_SERVICE_ACCOUNT'),
      });
      marks.secrets.push(token.split('.').at(-1)!);
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      return (await service.send(name, { method: 'POST', headers, body: '{}' })).status;
    },
    work: () => advanceGenerations(createWorker({ world, signal: new AbortController().signal }, { ...BOUNDS, waitForDueMs: 0 })),
    close: async () => {
      await service.close();
      await Promise.all([sandbox.close(), storage.close(), listeners.close()]);
    },
  };
}

/** A webhook for operators and a server for errors. */
async function openListeners(secretPath: string) {
  const webhook = { texts: [] as string[], status: 200 };
  const envelopes: string[] = [];
  const spans: string[] = [];
  const hook = await serve(({ body }: Received, response) => {
    webhook.texts.push(body);
    json(response, {}, webhook.status);
  });
  const ingest = await serve(({ body }: Received, response) => {
    envelopes.push(body);
    json(response, {});
  });
  const collector = await serve(({ body }: Received, response) => {
    spans.push(body);
    json(response, {});
  });
  const close = () => Promise.all([hook.close(), ingest.close(), collector.close()]);
  const settings = {
    ALERT_WEBHOOK_URL: `${hook.url}/services/${secretPath}`,
    SENTRY_DSN: `http://public@127.0.0.1:${ingest.port}/1`,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  };
  return { webhook, envelopes, spans, close, settings };
}

async function openStorage(directory: string, marks: Marks, clock: Clock) {
  const google = await startGoogle({ directory: join(directory, 'google') });
  const scheduler = await startGoogle({ directory: join(directory, 'scheduler'), clock }); // its tokens are of the hour that the service lives in
  const gcs = await startGcs({ directory: join(directory, 'gcs'), google, clock });
  await gcs.createBucket('marked');
  const keyFile = join(directory, 'gcs-key.json');
  const key = await google.createServiceAccountKey('media@sori.example');
  await writeFile(keyFile, JSON.stringify(key));
  const [, line = ''] = String(key.private_key).split('\n');
  marks.secrets.push(line.slice(0, 40), line.slice(10, 50));
  return {
    ...{ scheduler, keyFile },
    settings: {
      MEDIA_STORES: `gcs:marked,local:${join(directory, 'media')}`,
      GCS_KEY_FILE: keyFile,
      STORAGE_EMULATOR_HOST: gcs.url,
      GOOGLE_TOKEN_URL: google.tokenUrl,
      GOOGLE_CERTS_URL: scheduler.certsUrl,
    },
    close: async () => {
      await gcs.close();
      await Promise.all([google.close(), scheduler.close()]);
    },
  };
}

/** A library's error that quotes what it was given; nobody expected it. */
function failing(marks: Marks) {
  return defineEndpoint({
    ...{ name: 'failing', method: 'GET', summary: 'Fail', access: 'user', feature: 'none', needs: {}, rate: 'read' },
    budget: { reads: 0, writes: 0 },
    input: z.strictObject({ said: z.string() }),
    output: z.strictObject({}),
    ...{ errors: [], cache: 'none', examples: [{ title: 'Fail', input: { said: 'x' } }] },
    handler: ({ said }) => {
      const [token = '', secret = ''] = [marks.secrets.find((each) => each.startsWith('eyJ')), marks.secrets[0]];
      const email = `${marks.emails[0]}@sori.example`;
      const cause = new TypeError(`no such user: ${email}`);
      return Promise.reject(new Error(`Bearer ${token} of ${email} refused after "${said}", api_key=${secret}`, { cause }));
    },
  });
}
