import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '#shared/runtime';
import { createCredentials, createKeySource } from '../../../shared/media/credentials.ts';
import { atFirst, type FaultyProxy, openFaultyProxy } from './faultyProxy.ts';
import { type OpenGcs, openGcsStore, someBytes } from './someStores.ts';

let gcs: OpenGcs;
let tokens: FaultyProxy;
beforeAll(async () => {
  gcs = await openGcsStore();
  tokens = await openFaultyProxy(gcs.google.url);
});
beforeEach(async () => {
  tokens.seen.length = 0;
  tokens.decide = () => undefined;
  await writeKey(gcs.key);
});
afterAll(async () => {
  await tokens.close();
  await gcs.close();
});

const MINUTE_MS = 60_000;
const writeKey = (key: object | string) => writeFile(gcs.keyPath, typeof key === 'string' ? key : JSON.stringify(key));

function stoppedClock() {
  const clock = { ...systemClock, atMs: 0, monotonicMs: () => clock.atMs };
  return clock;
}

describe('The storage key', () => {
  it('is read again every 5 minutes while it works', async () => {
    const clock = stoppedClock();
    let reads = 0;
    const keys = createKeySource(() => {
      reads += 1;
      return Promise.resolve(JSON.stringify(gcs.key));
    }, clock);
    const first = await keys.current();
    clock.atMs = 5 * MINUTE_MS - 1;
    expect({ isSame: (await keys.current()) === first, reads }).toEqual({ isSame: true, reads: 1 });
    clock.atMs = 5 * MINUTE_MS;
    expect({ isSame: (await keys.current()) === first, reads }).toEqual({ isSame: true, reads: 2 });
  });

  it('is read again at every use while it fails', async () => {
    let text = 'nothing yet';
    const keys = createKeySource(() => Promise.resolve(text), stoppedClock());
    await expect(keys.current()).rejects.toMatchObject({ name: 'MediaFault', kind: 'unavailable' });
    text = JSON.stringify(gcs.key);
    await expect(keys.current()).resolves.toMatchObject({ clientEmail: gcs.key.client_email });
  });

  const short = `-----BEGIN PRIVATE KEY-----\n${'x'.repeat(15)}\n-----END PRIVATE KEY-----`;
  const ec = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  it.each([
    ['no JSON', () => 'not json', 'storage key: is not the JSON key of a service account'],
    [
      'another kind of credentials',
      () => ({ ...gcs.key, type: 'authorized_user' }),
      'storage key: is not the JSON key of a service account',
    ],
    [
      'a private key of 69 characters',
      () => ({ ...gcs.key, private_key: short }),
      'storage key: its private key (69 characters) cannot be read',
    ],
    ['an elliptic key', () => ({ ...gcs.key, private_key: ec() }), 'storage key: its private key is not an RSA key'],
  ])('that is %s is named as faulty, without a part of it', async (_name, key, message) => {
    await writeKey(key());
    const store = gcs.anotherStore();
    const options = { stagingName: 'staging/k', contentType: 'audio/mpeg', maxBytes: 10 };
    const calls = [
      store.find('a'),
      store.open('a'),
      store.delete('a'),
      store.stage(someBytes(5), options),
      store.signRead!('a', { now: Date.now() }),
    ];
    for (const call of await Promise.allSettled(calls))
      expect(call).toMatchObject({ reason: { name: 'MediaFault', kind: 'unavailable', message } });
    await writeKey(gcs.key);
    await expect(store.stage(someBytes(5), options)).resolves.toMatchObject({ bytes: 5 });
    await expect(store.signRead!('a', { now: Date.now() })).resolves.toMatchObject({ url: expect.stringContaining('X-Goog-Signature') });
  });

  it('whose account is disabled ends at once, and works again when it is enabled', async () => {
    const store = gcs.anotherStore();
    expect(await store.find('a')).toBeUndefined();
    await gcs.google.disableAccount(gcs.key.client_email);
    const message = 'storage key: refused by the token endpoint (invalid_grant)';
    await expect(store.find('a')).rejects.toMatchObject({ kind: 'unavailable', message });
    await gcs.google.enableAccount(gcs.key.client_email);
    expect(await store.find('a')).toBeUndefined();
  });
});

describe('An access token', () => {
  const accessTokens = (clock = stoppedClock()) => {
    const keys = createKeySource(() => Promise.resolve(JSON.stringify(gcs.key)), clock);
    return createCredentials(keys, clock, `${tokens.url}/token`);
  };

  it('is fetched once for all who need it at the same time', async () => {
    const credentials = accessTokens();
    const all = await Promise.all(Array.from({ length: 20 }, () => credentials.accessToken()));
    expect({ different: new Set(all).size, asked: tokens.seen }).toEqual({ different: 1, asked: ['POST /token'] });
  });

  it('is kept until 5 minutes before its end', async () => {
    const clock = stoppedClock();
    const credentials = accessTokens(clock);
    await credentials.accessToken();
    clock.atMs = 54 * MINUTE_MS;
    await credentials.accessToken();
    expect(tokens.seen.length).toBe(1);
    clock.atMs = 55 * MINUTE_MS;
    await credentials.accessToken();
    expect(tokens.seen.length).toBe(2);
  });

  it('that could not be fetched is asked for again at the next use', async () => {
    const credentials = accessTokens();
    tokens.decide = atFirst(1, /token/, 503);
    await expect(credentials.accessToken()).rejects.toMatchObject({ kind: 'unavailable', message: 'token endpoint: status 503' });
    await expect(credentials.accessToken()).resolves.toEqual(expect.any(String));
  });
});
