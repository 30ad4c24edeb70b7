import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readOwnAddress } from '../local/google/index.ts';
import { BUCKET, keyFileOf } from '../local/ownSettings.ts';

/** What the environment lacks to reach the storage of the Sori that runs on this machine. What is set there already wins. */
export function localStorage(outside: NodeJS.ProcessEnv): Record<string, string> {
  const directory = outside['SORI_DATA_DIR'] || '.sori';
  const google = readOwnAddress(join(directory, 'google'));
  const storage = readOwnAddress(join(directory, 'gcs'));
  const keyFile = keyFileOf(outside, directory);
  if (!google || !storage || !existsSync(keyFile)) return {};
  const own = { MEDIA_STORES: `gcs:${BUCKET}`, GCS_KEY_FILE: keyFile, GOOGLE_TOKEN_URL: `${google}/token`, STORAGE_EMULATOR_HOST: storage };
  return Object.fromEntries(Object.entries(own).filter(([name]) => !outside[name]));
}
