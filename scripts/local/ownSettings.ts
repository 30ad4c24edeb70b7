import { join } from 'node:path';
import type { CloudReady } from './cloudProcess.ts';
import type { LocalSecrets } from './localSecrets.ts';

/** What the functions are told of the parts that run here; what is set from outside stands in place of it. */
export interface OwnParts {
  firestoreHost: string | undefined;
  authHost: string | undefined;
  cloud: CloudReady;
  sandboxUrl: string | undefined;
}

const DEFAULT_PROJECT = 'demo-sori';
export const BUCKET = 'sori-media';
export const BACKUP_BUCKET = 'sori-backups';

export function projectOf(outside: NodeJS.ProcessEnv): string {
  return outside['GOOGLE_CLOUD_PROJECT'] || outside['GCLOUD_PROJECT'] || DEFAULT_PROJECT;
}

export function originsOf(outside: NodeJS.ProcessEnv, port: number): string {
  return outside['ALLOWED_ORIGINS'] || `http://localhost:${port},http://localhost:3000,http://localhost:5173`;
}

export function serviceUrlOf(port: number): string {
  return `http://localhost:${port}/v1`;
}

export function keyFileOf(outside: NodeJS.ProcessEnv, directory: string): string {
  return outside['GCS_KEY_FILE'] || join(directory, 'gcs-key.json');
}

/** A disk and a bucket together: what is stored is safe in the first that takes it, and a job carries it to the other. */
export function mediaStoresIn(directory: string): string {
  return `local:${join(directory, 'media')},gcs:${BUCKET}`;
}

/** The environment of the functions and of what else talks to the local cloud. */
export function settingsFor(
  outside: NodeJS.ProcessEnv,
  directory: string,
  port: number,
  secrets: LocalSecrets,
  parts: OwnParts,
): NodeJS.ProcessEnv {
  const projectId = projectOf(outside);
  const own = {
    GOOGLE_CLOUD_PROJECT: projectId,
    SERVICE_URL: serviceUrlOf(port),
    ALLOWED_ORIGINS: originsOf(outside, port),
    SCHEDULER_SERVICE_ACCOUNT: `scheduler@${projectId}.iam.gserviceaccount.com`,
    AUTH_API_KEY: 'local',
    MEDIA_STORES: mediaStoresIn(directory),
    BACKUP_BUCKET,
    GCS_KEY_FILE: keyFileOf(outside, directory),
    SORI_DATA_DIR: directory,
    ...secrets,
    TOPMEDIAI_BASE_URL: parts.sandboxUrl,
    FIRESTORE_EMULATOR_HOST: parts.firestoreHost,
    FIREBASE_AUTH_EMULATOR_HOST: parts.authHost,
    STORAGE_EMULATOR_HOST: parts.cloud.storageUrl,
    CLOUD_SCHEDULER_ENDPOINT: parts.cloud.schedulerEndpoint,
    GOOGLE_TOKEN_URL: parts.cloud.tokenUrl,
    GOOGLE_CERTS_URL: parts.cloud.certsUrl,
  };
  const given = Object.fromEntries(Object.entries(outside).filter(([, value]) => value !== ''));
  return { ...own, ...given, METADATA_SERVER_DETECTION: 'none' };
}
