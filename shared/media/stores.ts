import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { config, log, mediaStoreIds, required, SettingsError, systemClock } from '#shared/runtime';
import { type Credentials, createCredentials, createKeySource, type KeySource, readKeyFile } from './credentials.ts';
import type { KeyDiagnosis } from './diagnoseKey.ts';
import { createGcsStore } from './gcsStore.ts';
import { createHybridStore } from './hybridStore.ts';
import { createLocalStore, SHARED_VOLUME_MARKER } from './localStore.ts';
import { MediaFault, type MediaStore } from './port.ts';
import { createSecretReader, secretPath } from './secretManager.ts';

let stores: MediaStore[] | undefined;
let together: MediaStore | undefined;
let backups: MediaStore | undefined;

/** The stores that `MEDIA_STORES` names, in its order; by default one bucket, `<project>-media`. Made once per process. */
export function mediaStores(): MediaStore[] {
  stores ??= makeStores();
  return stores;
}

/** All of them as one: a write is safe when it returns, a read takes what any of them has. */
export function mediaStore(): MediaStore {
  const [first, ...others] = mediaStores() as [MediaStore, ...MediaStore[]];
  together ??= others.length === 0 ? first : createHybridStore([first, ...others]);
  return together;
}

/**
 * The bucket that `BACKUP_BUCKET` names; off Google Cloud also `local:<directory>`. On Google Cloud it is reached with the account that the
 * function runs as, never with the given key: a key that breaks must not end the backups. Locally there is no such account, and the key speaks.
 *
 * @throws {SettingsError} when none is named
 */
export function backupStore(): MediaStore {
  backups ??= makeBackupStore(required('BACKUP_BUCKET'));
  return backups;
}

function makeBackupStore(name: string): MediaStore {
  const { GOOGLE_CLOUD_PROJECT: projectId, STORAGE_EMULATOR_HOST: apiEndpoint, GOOGLE_TOKEN_URL: tokenUrl, K_SERVICE } = config();
  if (!name.startsWith('local:')) {
    const keys = apiEndpoint === undefined ? undefined : givenKey()?.source;
    return createGcsStore({ bucketName: name, projectId, apiEndpoint, keys, tokenUrl });
  }
  if (K_SERVICE !== undefined) throw new SettingsError(['BACKUP_BUCKET: must be a bucket on Google Cloud']);
  const [, place] = splitOnce(name);
  makeDirectory(place);
  return createLocalStore(place, { isVolume: false });
}

/**
 * On Google Cloud a function's own disk is memory, which ends with its instance.
 *
 * @param options.isMadeBefore - elsewhere, too, a directory has to be there: before `mediaStores` makes it, a volume that is not mounted
 *   can be told from an empty one
 * @throws {SettingsError} for a directory that is not known to be more than that
 */
export function checkStores({ isMadeBefore = false } = {}): void {
  const { K_SERVICE } = config();
  if (K_SERVICE === undefined && !isMadeBefore) return;
  const places = mediaStoreIds().map(splitOnce);
  const absent = places.flatMap(([kind, place]) => {
    return kind === 'local' && !existsSync(K_SERVICE === undefined ? place : join(place, SHARED_VOLUME_MARKER)) ? [place] : [];
  });
  if (absent.length === 0) return;
  const rule = `on Google Cloud a local directory must be a shared volume, which a file ${SHARED_VOLUME_MARKER} in it confirms`;
  throw new SettingsError([K_SERVICE === undefined ? `MEDIA_STORES: ${absent} is not there. Is it mounted?` : `MEDIA_STORES: ${rule}`]);
}

function makeStores(): MediaStore[] {
  const { GOOGLE_CLOUD_PROJECT, STORAGE_EMULATOR_HOST, GOOGLE_TOKEN_URL, K_SERVICE } = config();
  const keys = givenKey()?.source; // one for all buckets: they are reached with the same account
  return mediaStoreIds().map((name) => {
    const [kind, place] = splitOnce(name);
    if (kind === 'local') {
      const isVolume = K_SERVICE !== undefined;
      if (!isVolume) makeDirectory(place);
      return createLocalStore(place, { isVolume });
    }
    const address = { bucketName: place, projectId: GOOGLE_CLOUD_PROJECT, apiEndpoint: STORAGE_EMULATOR_HOST };
    return createGcsStore({ ...address, keys, tokenUrl: GOOGLE_TOKEN_URL });
  });
}

/** Once, so that it is not made again when it goes away. Whoever cannot make it is told by the first write. */
function makeDirectory(place: string): void {
  try {
    const first = mkdirSync(resolve(place), { recursive: true });
    // There after a power cut only when its parent has been synced.
    for (let made = resolve(place); first && made.length >= first.length; made = dirname(made)) syncNow(dirname(made));
  } catch (error) {
    log.warn('directory_not_made', { place, error });
  }
}

function syncNow(directory: string): void {
  const opened = openSync(directory, 'r');
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

/** The key that was given for the storage. */
export interface StorageKey {
  /** For people: the setting and what it names. */
  place: string;
  /** Reads it anew and has it exchanged at Google. Buckets are not asked. */
  diagnose(): Promise<KeyDiagnosis>;
  /** A bearer token for the storage. @throws {MediaFault} as the stores do */
  accessToken(): Promise<string>;
  /** Something with it failed: every store reads it anew at its next use. */
  distrust(): void;
}

/** The same key that the stores use; `undefined` when none is given and they speak with application default credentials. */
export function storageKey(): StorageKey | undefined {
  const key = givenKey();
  if (!key) return undefined;
  const { source, place } = key;
  return {
    place,
    distrust: source.distrust,
    accessToken: () => credentialsOf(source).accessToken(),
    async diagnose() {
      const diagnosis = await source.diagnose();
      return diagnosis.isSound ? exchanged(diagnosis, source) : diagnosis;
    },
  };
}

async function exchanged(diagnosis: KeyDiagnosis, source: KeySource): Promise<KeyDiagnosis> {
  try {
    await credentialsOf(source).accessToken();
    return diagnosis;
  } catch (error) {
    if (!(error instanceof MediaFault) || !error.keyFault) throw error;
    return { isSound: false, fault: error.keyFault, repairs: diagnosis.repairs };
  }
}

function credentialsOf(source: KeySource): Credentials {
  return createCredentials(source, systemClock, config().GOOGLE_TOKEN_URL);
}

interface GivenKey {
  source: KeySource;
  place: string;
}

let given: { key: GivenKey | undefined } | undefined;

function givenKey(): GivenKey | undefined {
  given ??= { key: makeGivenKey() };
  return given.key;
}

/** A file costs nothing to read, so an edited one is noticed soon. */
const FILE_LIFE_MS = 1_000;

/** The secret before the file: `npm start` always names a file. */
function makeGivenKey(): GivenKey | undefined {
  const { GCS_KEY_SECRET, GCS_KEY_FILE, GOOGLE_CLOUD_PROJECT, SECRET_MANAGER_ENDPOINT } = config();
  if (GCS_KEY_SECRET !== undefined) {
    const secret = secretPath(GCS_KEY_SECRET, GOOGLE_CLOUD_PROJECT);
    const accessToken = SECRET_MANAGER_ENDPOINT ? undefined : ownAccessToken;
    return { source: createKeySource(createSecretReader({ secret, endpoint: SECRET_MANAGER_ENDPOINT, accessToken })), place: secret };
  }
  if (GCS_KEY_FILE === undefined) return undefined;
  return { source: createKeySource(() => readKeyFile(GCS_KEY_FILE), { lifeMs: FILE_LIFE_MS }), place: GCS_KEY_FILE };
}

/** Of the account that this process runs as. */
export async function ownAccessToken(): Promise<string> {
  const { defaultAccessToken } = await import('./googleAuth.ts');
  return defaultAccessToken();
}

function splitOnce(name: string): [string, string] {
  const colon = name.indexOf(':');
  return [name.slice(0, colon), name.slice(colon + 1)];
}
