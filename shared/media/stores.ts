import { readFile } from 'node:fs/promises';
import { config, SettingsError, systemClock } from '#shared/runtime';
import { createKeySource, type KeySource } from './credentials.ts';
import { createGcsStore } from './gcsStore.ts';
import { createLocalStore } from './localStore.ts';
import type { MediaStore } from './port.ts';

let stores: MediaStore[] | undefined;

/** The stores that `MEDIA_STORES` names, in its order; by default one bucket, `<project>-media`. Made once per process. */
export function mediaStores(): MediaStore[] {
  stores ??= makeStores();
  return stores;
}

function makeStores(): MediaStore[] {
  const { MEDIA_STORES, GOOGLE_CLOUD_PROJECT, STORAGE_EMULATOR_HOST, GOOGLE_TOKEN_URL } = config();
  const names = MEDIA_STORES ?? [`gcs:${GOOGLE_CLOUD_PROJECT}-media`];
  const keys = keySource(); // one for all buckets: they are reached with the same account
  return names.map((name) => {
    const [kind, place = ''] = splitOnce(name);
    if (kind === 'local') return createLocalStore(place);
    const address = { bucketName: place, projectId: GOOGLE_CLOUD_PROJECT, apiEndpoint: STORAGE_EMULATOR_HOST };
    return createGcsStore({ ...address, keys, tokenUrl: GOOGLE_TOKEN_URL });
  });
}

function keySource(): KeySource | undefined {
  const { GCS_KEY_FILE, GCS_KEY_SECRET } = config();
  // Going on with another account than the one that was named would hide the mistake.
  if (GCS_KEY_SECRET) throw new SettingsError(['GCS_KEY_SECRET is not read yet: use GCS_KEY_FILE, or neither for default credentials']);
  if (GCS_KEY_FILE === undefined) return undefined;
  return createKeySource(() => readFile(GCS_KEY_FILE, { encoding: 'utf8', signal: AbortSignal.timeout(5000) }), systemClock);
}

function splitOnce(name: string): [string, string] {
  const colon = name.indexOf(':');
  return [name.slice(0, colon), name.slice(colon + 1)];
}
