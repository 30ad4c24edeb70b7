import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readOwnAddress } from '../local/google/index.ts';
import { keyFileOf, mediaStoresIn } from '../local/ownSettings.ts';

/** What the environment lacks to reach the storage of the Sori that runs on this machine. What is set there already wins. */
export function localStorage(outside: NodeJS.ProcessEnv): Record<string, string> {
  const directory = outside['SORI_DATA_DIR'] || '.sori';
  const google = readOwnAddress(join(directory, 'google'));
  const storage = readOwnAddress(join(directory, 'gcs'));
  const keyFile = keyFileOf(outside, directory);
  if (!google || !storage || !existsSync(keyFile)) return {};
  const addresses = { GOOGLE_TOKEN_URL: `${google}/token`, STORAGE_EMULATOR_HOST: storage };
  const own = { MEDIA_STORES: mediaStoresIn(resolve(directory)), GCS_KEY_FILE: keyFile, ...addresses };
  return Object.fromEntries(Object.entries(own).filter(([name]) => !outside[name]));
}
