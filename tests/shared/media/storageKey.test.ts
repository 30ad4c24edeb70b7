import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type LocalSecretManager, startSecretManager } from '../../../scripts/local/google/index.ts';
import { BUCKET, type OpenGcs, openGcsStore, someBytes } from './someStores.ts';

let gcs: OpenGcs;
let manager: LocalSecretManager;

beforeAll(async () => {
  gcs = await openGcsStore();
  manager = await startSecretManager();
});

beforeEach(() => writeFile(gcs.keyPath, JSON.stringify(gcs.key)));

afterAll(async () => {
  await manager.close();
  await gcs.close();
});

/** The media of a process that has just started with these settings. */
function startedWith(settings: Record<string, string>) {
  const usual = {
    GOOGLE_CLOUD_PROJECT: 'demo-sori',
    LOG_LEVEL: 'silent',
    MEDIA_STORES: `gcs:${BUCKET}`,
    GCS_KEY_FILE: '',
    GCS_KEY_SECRET: '',
  };
  const addresses = { STORAGE_EMULATOR_HOST: gcs.url, GOOGLE_TOKEN_URL: gcs.google.tokenUrl, SECRET_MANAGER_ENDPOINT: manager.url };
  Object.assign(process.env, usual, addresses, settings);
  jest.resetModules();
  return import('#shared/media');
}

const STAGING = { stagingName: 'staging/k', contentType: 'audio/mpeg', maxBytes: 10 };
const SHORT = 'a private key of 69 characters'.padEnd(69, '.');
const tooShort = { isSound: false, fault: { code: 'too_short', facts: { characters: 69 } }, repairs: [] };

describe('The storage key of a running service', () => {
  it('is the file that was named: edited there, it is seen broken and seen repaired at the next look, by all who use it', async () => {
    const { mediaStores, storageKey } = await startedWith({ GCS_KEY_FILE: gcs.keyPath });
    const [[store], key] = [mediaStores(), storageKey()];
    expect(key?.place).toBe(gcs.keyPath);
    await expect(store!.stage(someBytes(5), STAGING)).resolves.toMatchObject({ bytes: 5 });
    await writeFile(gcs.keyPath, JSON.stringify({ ...gcs.key, private_key: SHORT }));
    expect(await key?.diagnose()).toEqual(tooShort);
    await expect(store!.stage(someBytes(5), STAGING)).rejects.toMatchObject({ keyFault: { code: 'too_short' } });
    await writeFile(gcs.keyPath, JSON.stringify({ ...gcs.key, private_key: gcs.key.private_key.replaceAll('\n', '\\n') }));
    expect(await key?.diagnose()).toMatchObject({ isSound: true, repairs: ['escaped_line_breaks'] });
    await expect(store!.stage(someBytes(5), STAGING)).resolves.toMatchObject({ bytes: 5 });
  });

  it('is asked about at Google, too', async () => {
    const { storageKey } = await startedWith({ GCS_KEY_FILE: gcs.keyPath });
    await gcs.google.disableAccount(gcs.key.client_email);
    expect(await storageKey()?.diagnose()).toEqual({ isSound: false, fault: { code: 'account_disabled' }, repairs: [] });
    await gcs.google.enableAccount(gcs.key.client_email);
    expect(await storageKey()?.diagnose()).toMatchObject({ isSound: true });
  });

  it('is read by a store once more as soon as somebody doubts it', async () => {
    manager.addVersion('projects/demo-sori/secrets/doubted-key', JSON.stringify(gcs.key));
    const { mediaStores, storageKey } = await startedWith({ GCS_KEY_SECRET: 'doubted-key' });
    const [store] = mediaStores();
    expect(await store!.find('a')).toBeUndefined();
    manager.addVersion('projects/demo-sori/secrets/doubted-key', SHORT);
    expect(await store!.find('a')).toBeUndefined();
    storageKey()?.distrust();
    await expect(store!.find('a')).rejects.toMatchObject({ keyFault: { code: 'not_json' } });
  });

  it('is the secret that was named, also beside a file', async () => {
    manager.addVersion('projects/demo-sori/secrets/storage-key', SHORT);
    const { mediaStores, storageKey } = await startedWith({ GCS_KEY_SECRET: 'storage-key', GCS_KEY_FILE: gcs.keyPath });
    expect(storageKey()?.place).toBe('projects/demo-sori/secrets/storage-key');
    expect(await storageKey()?.diagnose()).toMatchObject({ isSound: false, fault: { code: 'not_json' } });
    manager.addVersion('projects/demo-sori/secrets/storage-key', JSON.stringify(gcs.key));
    await expect(mediaStores()[0]!.stage(someBytes(5), STAGING)).resolves.toMatchObject({ bytes: 5 });
    expect(await storageKey()?.diagnose()).toMatchObject({ isSound: true, repairs: [] });
  });

  it('is none when none was named: the stores speak as the account they run under', async () => {
    const { storageKey } = await startedWith({});
    expect(storageKey()).toBeUndefined();
  });

  it('stops the start when its secret is named as one version, which no repair could ever change', async () => {
    const { mediaStores } = await startedWith({ GCS_KEY_SECRET: 'projects/demo-sori/secrets/storage-key/versions/7' });
    expect(() => mediaStores()).toThrow('GCS_KEY_SECRET: must be the name of a secret');
  });
});
