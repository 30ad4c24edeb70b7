import { rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { MediaFault, type MediaStore } from '#shared/media';
import { log, systemClock, systemWorld } from '#shared/runtime';
import { createCredentials, createKeySource, readKeyFile } from '../../../shared/media/credentials.ts';
import { atFirst, type FaultyProxy, openFaultyProxy } from './faultyProxy.ts';
import { BUCKET, type OpenGcs, openGcsStore, someBytes } from './someStores.ts';

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
    const keys = createKeySource(
      () => {
        reads += 1;
        return Promise.resolve(JSON.stringify(gcs.key));
      },
      { clock },
    );
    const first = await keys.current();
    clock.atMs = 5 * MINUTE_MS - 1;
    expect({ isSame: (await keys.current()) === first, reads }).toEqual({ isSame: true, reads: 1 });
    clock.atMs = 5 * MINUTE_MS;
    expect({ isSame: (await keys.current()) === first, reads }).toEqual({ isSame: true, reads: 2 });
  });

  it('is read again at every use while it fails', async () => {
    let text = 'nothing yet';
    const keys = createKeySource(() => Promise.resolve(text), { clock: stoppedClock() });
    await expect(keys.current()).rejects.toMatchObject({ name: 'MediaFault', kind: 'unavailable' });
    text = JSON.stringify(gcs.key);
    await expect(keys.current()).resolves.toMatchObject({ clientEmail: gcs.key.client_email });
  });

  it('that is refused is read again at the next use, and stays the same key when nothing has changed', async () => {
    const clock = stoppedClock();
    let reads = 0;
    const read = () => {
      reads += 1;
      return Promise.resolve(JSON.stringify({ ...gcs.key, note: reads > 2 ? 'changed' : '' }));
    };
    const keys = createKeySource(read, { clock });
    const first = await keys.current();
    keys.distrust();
    expect({ isSame: (await keys.current()) === first, reads }).toEqual({ isSame: true, reads: 2 });
    keys.distrust();
    expect({ isSame: (await keys.current()) === first, reads }).toEqual({ isSame: false, reads: 3 });
  });

  it('that was being read when it was refused is not taken for the new one', async () => {
    const texts = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
    let reads = 0;
    const keys = createKeySource(() => texts[reads++]!.promise, { clock: stoppedClock() });
    const early = keys.current();
    keys.distrust();
    const late = keys.current();
    texts[1]!.resolve(JSON.stringify({ ...gcs.key, private_key_id: 'new' }));
    expect(await late).toMatchObject({ keyId: 'new' });
    texts[0]!.resolve(JSON.stringify(gcs.key));
    await early;
    expect(await keys.current()).toMatchObject({ keyId: 'new' });
  });

  it('goes on for a while when the place where it stands does not answer, but not once it was refused', async () => {
    const clock = stoppedClock();
    let answers = true;
    const read = () =>
      answers ? Promise.resolve(JSON.stringify(gcs.key)) : Promise.reject(MediaFault.ofKey({ code: 'secret_unavailable' }));
    const keys = createKeySource(read, { clock });
    const first = await keys.current();
    answers = false;
    clock.atMs = 10 * MINUTE_MS;
    expect(await keys.current()).toBe(first);
    keys.distrust();
    await expect(keys.current()).rejects.toMatchObject({ keyFault: { code: 'secret_unavailable' } });
    answers = true;
    expect(await keys.current()).toBe(first);
  });

  it('is repaired where it can be, which the log tells once', async () => {
    const private_key = gcs.key.private_key.replaceAll('\n', '\\n');
    const keys = createKeySource(() => Promise.resolve(JSON.stringify({ ...gcs.key, private_key })), { clock: stoppedClock() });
    const warn = jest.spyOn(log, 'warn').mockImplementation(() => undefined);
    await keys.current();
    keys.distrust();
    await keys.current();
    expect(warn.mock.calls).toEqual([['storage_key_repaired', { repairs: ['escaped_line_breaks'] }]]);
    warn.mockRestore();
  });
});

/** A store whose key file is read at each use. */
function storeWithKeyFile({ now = systemClock.now } = {}): MediaStore {
  const clock = { ...systemClock, now, sleep: () => Promise.resolve() };
  const keys = createKeySource(() => readKeyFile(gcs.keyPath), { clock, lifeMs: 0 });
  return gcs.anotherStore({ keys, world: { ...systemWorld, clock } });
}

/** What a store says of each call while its key is at fault. */
async function faultsOf(store: MediaStore): Promise<unknown[]> {
  const calls = [store.find('a'), store.open('a'), store.delete('a'), store.stage(someBytes(5), STAGING)];
  return (await Promise.allSettled(calls)).map((call) => (call.status === 'rejected' ? call.reason : 'works'));
}

const STAGING = { stagingName: 'staging/k', contentType: 'audio/mpeg', maxBytes: 10 };

describe('A store whose key breaks while it runs', () => {
  const cut = () => ({ ...gcs.key, private_key: gcs.key.private_key.slice(0, 69) });
  it.each([
    ['a file that is no JSON', () => 'not json', 'not_json'],
    ['a private key of 69 characters', cut, 'too_short'],
    ['no file', () => undefined, 'missing'],
  ])('names the fault in every call and works again once it is repaired: %s', async (_name, broken, code) => {
    const store = storeWithKeyFile();
    await expect(store.stage(someBytes(5), STAGING)).resolves.toMatchObject({ bytes: 5 });
    const text = broken();
    await (text === undefined ? rm(gcs.keyPath) : writeKey(text));
    const fault = expect.objectContaining({ name: 'MediaFault', kind: 'unavailable', keyFault: expect.objectContaining({ code }) });
    expect(await faultsOf(store)).toEqual([fault, fault, fault, fault]);
    await expect(store.signRead!('a', { now: Date.now() })).rejects.toEqual(fault);
    await writeKey(gcs.key);
    await expect(store.stage(someBytes(5), STAGING)).resolves.toMatchObject({ bytes: 5 });
    await expect(store.signRead!('a', { now: Date.now() })).resolves.toMatchObject({ url: expect.stringContaining('X-Goog-Signature') });
  });

  const email = () => gcs.key.client_email;
  it.each([
    [
      'disabled',
      () => gcs.google.disableAccount(email()),
      { kind: 'unavailable', keyFault: { code: 'account_disabled' } },
      () => gcs.google.enableAccount(email()),
    ],
    [
      'gone',
      () => gcs.google.deleteAccount(email()),
      { kind: 'unavailable', keyFault: { code: 'account_unknown' } },
      async () => expect(await gcs.google.registerKey(gcs.key)).toBe(true),
    ],
    [
      'without permission on the bucket',
      () => gcs.storage.setMembers(BUCKET, { 'else@demo-sori.iam.gserviceaccount.com': 'objectAdmin' }),
      { kind: 'forbidden', keyFault: { code: 'no_permission' } },
      () => gcs.storage.setMembers(BUCKET, { [email()]: 'objectAdmin' }),
    ],
  ])('says that its account is %s, and works again when it is not', async (_name, breakIt, fault, repairIt) => {
    const store = storeWithKeyFile();
    expect(await store.find('a')).toBeUndefined();
    await breakIt();
    const expected = expect.objectContaining({ name: 'MediaFault', ...fault });
    expect(await faultsOf(store)).toEqual([expected, expected, expected, expected]);
    await repairIt();
    expect(await store.find('a')).toBeUndefined();
  });

  it('says that its bucket is gone, and finds everything again when it is back', async () => {
    const store = storeWithKeyFile();
    const staged = await store.stage(someBytes(5), { ...STAGING, stagingName: 'staging/kept' });
    const { name } = await store.publish(staged, `songs/s/${staged.sha256}.mp3`);
    await gcs.storage.deleteBucket(BUCKET);
    const gone = expect.objectContaining({ kind: 'unavailable', keyFault: { code: 'bucket_missing' } });
    expect(await faultsOf(store)).toEqual([gone, gone, gone, gone]);
    await gcs.storage.restoreBucket(BUCKET);
    expect(await store.find(name)).toMatchObject({ bytes: 5 });
  });

  it('says that the key was deleted, and works with a new one at once', async () => {
    const store = storeWithKeyFile();
    await gcs.google.deleteKey(email(), gcs.key.private_key_id);
    await expect(store.find('a')).rejects.toMatchObject({ keyFault: { code: 'signature_refused' } });
    gcs.key = await gcs.google.createServiceAccountKey(email());
    await writeKey(gcs.key);
    expect(await store.find('a')).toBeUndefined();
  });

  it('says the same of a key of another account', async () => {
    const other = await gcs.google.createServiceAccountKey('other@demo-sori.iam.gserviceaccount.com');
    await writeKey({ ...gcs.key, private_key: other.private_key });
    await expect(storeWithKeyFile().find('a')).rejects.toMatchObject({ keyFault: { code: 'signature_refused' } });
  });

  it('works at once with the right key after one of an account that may not use the bucket', async () => {
    await gcs.storage.setMembers(BUCKET, { [email()]: 'objectAdmin' });
    await writeKey(await gcs.google.createServiceAccountKey('other@demo-sori.iam.gserviceaccount.com'));
    const store = gcs.anotherStore({ keys: createKeySource(() => readKeyFile(gcs.keyPath)) });
    await expect(store.find('a')).rejects.toMatchObject({ kind: 'forbidden', keyFault: { code: 'no_permission' } });
    await writeKey(gcs.key);
    expect(await store.find('a')).toBeUndefined();
    await gcs.storage.setMembers(BUCKET, undefined);
  });

  it.each([10, -10])('says that its clock is wrong by %d minutes', async (minutes) => {
    const store = storeWithKeyFile({ now: () => Date.now() + minutes * MINUTE_MS });
    await expect(store.find('a')).rejects.toMatchObject({ keyFault: { code: 'clock_skew', facts: { minutes: '10' } } });
  });

  it('tells nobody the address of the account', async () => {
    await gcs.storage.setMembers(BUCKET, {});
    const [fault] = await faultsOf(storeWithKeyFile());
    await gcs.storage.setMembers(BUCKET, undefined);
    expect(JSON.stringify([fault, String(fault), (fault as Error).cause ?? ''])).not.toContain('@');
  });
});

describe('An access token', () => {
  const accessTokens = (clock = stoppedClock()) => {
    const keys = createKeySource(() => Promise.resolve(JSON.stringify(gcs.key)), { clock });
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
    await expect(credentials.accessToken()).rejects.toMatchObject({
      kind: 'unavailable',
      keyFault: { code: 'exchange_unavailable', facts: { reason: 'status 503' } },
    });
    await expect(credentials.accessToken()).resolves.toEqual(expect.any(String));
  });
});
