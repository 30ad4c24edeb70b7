import { execFile } from 'node:child_process';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '#shared/runtime';
import { type LocalSecretManager, startSecretManager } from '../../../scripts/local/google/index.ts';
import { createKeySource } from '../../../shared/media/credentials.ts';
import { createSecretReader, secretPath } from '../../../shared/media/secretManager.ts';
import { accessToken } from '../../support/storageClient.ts';
import { atFirst, type FaultyProxy, openFaultyProxy } from './faultyProxy.ts';
import { type OpenGcs, openGcsStore, someBytes } from './someStores.ts';

const SECRET = 'projects/demo-sori/secrets/storage-key';
const MINUTE_MS = 60_000;

let gcs: OpenGcs;
let manager: LocalSecretManager;
let proxy: FaultyProxy;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  Object.assign(process.env, { GOOGLE_CLOUD_PROJECT: 'demo-sori', LOG_LEVEL: 'silent' }); // a repaired key is logged
  gcs = await openGcsStore();
  manager = await startSecretManager();
  proxy = await openFaultyProxy(manager.url);
});

beforeEach(() => {
  manager.addVersion(SECRET, JSON.stringify(gcs.key));
  proxy.decide = () => undefined;
  proxy.seen.length = 0;
});

afterAll(async () => {
  for (const close of closing) await close();
  await proxy.close();
  await manager.close();
  await gcs.close();
});

function read(secret = SECRET, endpoint = proxy.url): Promise<string> {
  return createSecretReader({ secret, endpoint })();
}

function faultOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'none',
    (error) => ({ name: error.name, kind: error.kind, code: error.keyFault?.code }),
  );
}

const fault = (code: string) => ({ name: 'MediaFault', kind: 'unavailable', code });

async function post(path: string, body: object = {}): Promise<void> {
  const answer = await fetch(`${manager.url}/v1/${path}`, { method: 'POST', body: JSON.stringify(body) });
  expect(answer.status).toBe(200);
}

describe('A storage key in Secret Manager', () => {
  it('is the newest version of the secret', async () => {
    manager.addVersion(SECRET, '키');
    expect({ text: await read(), seen: proxy.seen }).toEqual({ text: '키', seen: [`GET /v1/${SECRET}/versions/latest:access`] });
  });

  it('is read by the whole name of the secret, or by the short one in the own project, never as one version for ever', () => {
    expect(secretPath('storage-key', 'demo-sori')).toBe(SECRET);
    expect(secretPath('projects/other/secrets/k', 'demo-sori')).toBe('projects/other/secrets/k');
    const fixed = `${SECRET}/versions/7`;
    expect(() => secretPath(fixed, 'demo-sori')).toThrow(
      'Settings at fault: GCS_KEY_SECRET: must be the name of a secret, or projects/<project>/secrets/<name>',
    );
  });

  it('is read again every 5 minutes while it works, and at every use while it fails', async () => {
    const clock = { ...systemClock, atMs: 0, monotonicMs: () => clock.atMs };
    const keys = createKeySource(createSecretReader({ secret: SECRET, endpoint: proxy.url }), { clock });
    await keys.current();
    clock.atMs = 5 * MINUTE_MS - 1;
    await keys.current();
    expect(proxy.seen.length).toBe(1);
    manager.addVersion(SECRET, JSON.stringify({ ...gcs.key, private_key: gcs.key.private_key.slice(0, 69) }));
    clock.atMs = 5 * MINUTE_MS;
    for (const _ of [1, 2]) expect(await faultOf(keys.current())).toEqual(fault('too_short'));
    expect(proxy.seen.length).toBe(3);
    manager.addVersion(SECRET, JSON.stringify(gcs.key));
    expect(await keys.current()).toMatchObject({ clientEmail: gcs.key.client_email });
  });

  it('opens the bucket when it is repaired by a new version, with nothing restarted', async () => {
    const keys = createKeySource(createSecretReader({ secret: SECRET, endpoint: proxy.url }));
    const store = gcs.anotherStore({ keys });
    const options = { stagingName: 'staging/s', contentType: 'audio/mpeg', maxBytes: 10 };
    manager.addVersion(SECRET, 'the wrong paste');
    expect(await faultOf(store.stage(someBytes(5), options))).toEqual(fault('not_json'));
    manager.addVersion(SECRET, Buffer.from(JSON.stringify(gcs.key)).toString('base64'));
    expect(await store.stage(someBytes(5), options)).toMatchObject({ bytes: 5 });
  });

  it('goes on when Secret Manager stops answering, and is asked for again half a minute later', async () => {
    const clock = { ...systemClock, atMs: 0, monotonicMs: () => clock.atMs };
    const keys = createKeySource(createSecretReader({ secret: SECRET, endpoint: proxy.url }), { clock });
    const first = await keys.current();
    proxy.decide = () => 503;
    clock.atMs = 5 * MINUTE_MS;
    expect(await keys.current()).toBe(first);
    expect(await keys.current()).toBe(first);
    expect(proxy.seen.length).toBe(2);
    clock.atMs += 30_000;
    await keys.current();
    expect(proxy.seen.length).toBe(3);
  });
});

describe('A secret that cannot be read', () => {
  it('is named: not there', async () => {
    expect(await faultOf(read('projects/demo-sori/secrets/none'))).toEqual(fault('secret_missing'));
  });

  it('is named: its newest version is disabled or destroyed, even when an older one is not', async () => {
    const secret = 'projects/demo-sori/secrets/versions';
    await post('projects/demo-sori/secrets?secretId=versions');
    expect(await faultOf(read(secret))).toEqual(fault('secret_missing'));
    for (const text of ['one', 'two']) await post(`${secret}:addVersion`, { payload: { data: Buffer.from(text).toString('base64') } });
    expect(await read(secret)).toBe('two');
    await post(`${secret}/versions/2:disable`);
    expect(await faultOf(read(secret))).toEqual(fault('secret_disabled'));
    await post(`${secret}/versions/2:enable`);
    expect(await read(secret)).toBe('two');
    await post(`${secret}/versions/2:destroy`);
    expect(await faultOf(read(secret))).toEqual(fault('secret_disabled'));
  });

  it.each([429, 500, 503, 'lose' as const])('is named: Secret Manager fails (%s)', async (failing) => {
    proxy.decide = atFirst(1, /access/, failing);
    expect(await faultOf(read())).toEqual(fault('secret_unavailable'));
  });

  it('is named: nothing answers there', async () => {
    expect(await faultOf(read(SECRET, 'http://127.0.0.1:9'))).toEqual(fault('secret_unavailable'));
  });

  it.each([
    ['another checksum than its own', { payload: { data: 'c29yaQ==', dataCrc32c: '1' } }, 'secret_damaged'],
    ['no secret in it', { name: 'x' }, 'secret_unavailable'],
  ])('is named: the answer has %s', async (_name, body, code) => {
    const url = await serve((_request, response) => response.end(JSON.stringify(body)));
    expect(await faultOf(read(SECRET, url))).toEqual(fault(code));
  });
});

/** One that wants to know who asks. */
async function startStrictManager(options: { readers?: string[] }): Promise<LocalSecretManager> {
  const strict = await startSecretManager({ google: gcs.google, ...options });
  closing.push(() => strict.close());
  strict.addVersion(SECRET, 'the key');
  return strict;
}

describe('In production, the account of the functions reads the secret', () => {
  it('with a token of its own, which it needs', async () => {
    const strict = await startStrictManager({ readers: [gcs.key.client_email] });
    const withToken = (token: string) =>
      createSecretReader({ secret: SECRET, endpoint: strict.url, accessToken: () => Promise.resolve(token) })();
    const other = await gcs.google.createServiceAccountKey('other@demo-sori.iam.gserviceaccount.com');
    expect(await withToken(await accessToken(gcs.google.tokenUrl, gcs.key))).toBe('the key');
    expect(await faultOf(withToken(await accessToken(gcs.google.tokenUrl, other)))).toEqual(fault('secret_forbidden'));
    expect(await faultOf(withToken('ya29.invented'))).toEqual(fault('secret_forbidden'));
    expect(await faultOf(read(SECRET, strict.url))).toEqual(fault('secret_forbidden'));
  });

  it('with the token that the metadata server gives, by the real library', async () => {
    const strict = await startStrictManager({});
    const token = await accessToken(gcs.google.tokenUrl, gcs.key);
    const metadata = await serve((request, response) => answerMetadata(request, response, token));
    const env = { PATH: process.env['PATH'], GCE_METADATA_HOST: metadata.slice('http://'.length), SECRET, ENDPOINT: strict.url };
    expect(await outputOf({ ...env, METADATA_SERVER_DETECTION: 'assume-present' })).toBe('the key');
    expect(await outputOf({ ...env, METADATA_SERVER_DETECTION: 'none' })).toBe('secret_unavailable');
  });
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  closing.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The token of the machine's account, as on Google Cloud. @see https://cloud.google.com/run/docs/container-contract#metadata-server */
function answerMetadata(request: IncomingMessage, response: ServerResponse, token: string): void {
  const isToken = request.url?.includes('/service-accounts/default/token');
  response.writeHead(200, { 'metadata-flavor': 'Google', 'content-type': isToken ? 'application/json' : 'text/plain' });
  response.end(isToken ? JSON.stringify({ access_token: token, expires_in: 3599, token_type: 'Bearer' }) : 'demo-sori');
}

async function outputOf(env: NodeJS.ProcessEnv): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'ownTokenProcess.ts')], {
    env,
    timeout: 20_000,
  });
  return stdout.trim();
}
