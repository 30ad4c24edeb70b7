/** Where to: a project of Google Cloud with the operator's own credentials, or the rehearsal on this machine. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { parseSettings, STAND_IN_SETTINGS } from '#shared/runtime';
import type { Attached } from '../local/rehearsal/index.ts';
import { SANDBOX_KEY } from '../local/rehearsal/index.ts';
import { Google } from './google.ts';

export interface Target {
  /** For people. */
  name: string;
  projectId: string;
  region: string;
  /** What the functions are told: the text of `.env.<project>`, as names and values. */
  settings: Record<string, string>;
  /** Secrets that are given from outside, by the names of their settings. */
  givenSecrets: Record<string, string>;
  /** The storage's key, to be stored when it differs from the one that is. */
  givenKey?: string;
  google: Google;
  storageUrl: string;
  /** Where the functions are called from outside, without a slash at its end. */
  serviceUrl: string;
  /** What the firebase CLI needs to get there. */
  cliEnvironment: Record<string, string>;
  /** What our own code needs to get there. */
  environment: Record<string, string>;
  rehearsal: Attached | undefined;
}

const MEDIA_KEY_SECRET = 'sori-storage-key';
const GIVEN_SECRETS = ['JWT_SECRET', 'BACKUP_SECRET', 'TOPMEDIAI_API_KEY', 'ALERT_WEBHOOK_URL'];

/** @throws saying what is wrong with the settings */
export function realTarget(projectId: string, root: string, outside: NodeJS.ProcessEnv): Target {
  const stray = STAND_IN_SETTINGS.filter((name) => outside[name]);
  if (stray.length > 0) throw new Error(`These lead to stand-ins, not to Google: ${stray.join(', ')}. Unset them · 이 변수를 해제하세요.`);
  const file = join(root, `.env.${projectId}`);
  const given = existsSync(file) ? withoutEmpty(parseEnv(readFileSync(file, 'utf8'))) : {};
  const misplaced = GIVEN_SECRETS.filter((name) => name in given);
  if (misplaced.length > 0)
    throw new Error(`${misplaced.join(', ')}: secrets stand in the environment of this command, never in .env.${projectId}`);
  const settings = settingsOf(projectId, given);
  const { REGION: region } = parseSettings({ GOOGLE_CLOUD_PROJECT: projectId, ...settings });
  return {
    name: `project ${projectId}`,
    projectId,
    region,
    settings,
    givenSecrets: withoutEmpty(Object.fromEntries(GIVEN_SECRETS.map((name) => [name, outside[name]]))),
    ...(outside['GCS_KEY_FILE'] ? { givenKey: readFileSync(outside['GCS_KEY_FILE'], 'utf8') } : {}),
    google: new Google({ baseOf: (host) => `https://${host}`, accessToken: operatorToken }),
    storageUrl: 'https://storage.googleapis.com',
    serviceUrl: settings['SERVICE_URL'] ?? `https://${region}-${projectId}.cloudfunctions.net`,
    cliEnvironment: {},
    environment: { GOOGLE_CLOUD_PROJECT: projectId, ...settings },
    rehearsal: undefined,
  };
}

export function rehearsedTarget(attached: Attached): Target {
  const { projectId, controlPlaneUrl, storageUrl, serviceUrl } = attached;
  const settings = settingsOf(projectId, {
    AUTH_API_KEY: projectId, // as the Auth emulator takes it
    ALLOWED_ORIGINS: 'http://localhost:3000',
    // The directory stands for the disk that the service has had before, with its songs.
    MEDIA_STORES: `local:${join(attached.directory, 'volume')},gcs:${projectId}-media`,
    GCS_KEY_SECRET: MEDIA_KEY_SECRET,
    LOG_LEVEL: 'info',
  });
  return {
    name: `rehearsal in ${attached.directory}`,
    projectId,
    region: settings['REGION'] ?? '',
    settings,
    givenSecrets: { TOPMEDIAI_API_KEY: SANDBOX_KEY },
    google: new Google({
      baseOf: (host) => `${controlPlaneUrl}/${host}`,
      accessToken: () => Promise.resolve(attached.operatorToken),
      firstPauseMs: 50,
    }),
    storageUrl,
    serviceUrl,
    cliEnvironment: cliStandIns(controlPlaneUrl),
    environment: {
      GOOGLE_CLOUD_PROJECT: projectId,
      ...settings,
      FIRESTORE_EMULATOR_HOST: attached.firestoreHost,
      FIREBASE_AUTH_EMULATOR_HOST: attached.authHost,
      STORAGE_EMULATOR_HOST: storageUrl,
      CLOUD_SCHEDULER_ENDPOINT: attached.schedulerEndpoint,
      SECRET_MANAGER_ENDPOINT: `${controlPlaneUrl}/secretmanager.googleapis.com`,
      GOOGLE_TOKEN_URL: attached.tokenUrl,
      GOOGLE_CERTS_URL: attached.certsUrl,
      SERVICE_URL: serviceUrl,
      SORI_DATA_DIR: attached.directory,
    },
    rehearsal: attached,
  };
}

/** What is not given is worked out, so that the file may be short. */
function settingsOf(projectId: string, given: Record<string, string>): Record<string, string> {
  const { REGION, SERVICE_TIME_ZONE } = parseSettings({ GOOGLE_CLOUD_PROJECT: projectId, ...given });
  return {
    REGION,
    SERVICE_TIME_ZONE,
    SCHEDULER_SERVICE_ACCOUNT: `sori-scheduler@${projectId}.iam.gserviceaccount.com`,
    MEDIA_STORES: `gcs:${projectId}-media`,
    BACKUP_BUCKET: `${projectId}-backups`,
    // Behind Google's front end and nobody else's, which adds the caller's address as the last one.
    TRUSTED_PROXY_HOPS: '0',
    // glibc keeps memory per processor otherwise, and an instance has 256 MiB.
    MALLOC_ARENA_MAX: '2',
    ...given,
  };
}

/** Where the CLI looks for each API. Without an entry it would ask the real one. */
function cliStandIns(url: string): Record<string, string> {
  const hosts: Record<string, string> = {
    FIREBASE_API_URL: 'firebase.googleapis.com',
    FIREBASE_FUNCTIONS_URL: 'cloudfunctions.googleapis.com',
    FIREBASE_FUNCTIONS_V2_URL: 'cloudfunctions.googleapis.com',
    CLOUD_RUN_URL: 'run.googleapis.com',
    CLOUD_RUN_API_URL: 'run.googleapis.com',
    CLOUD_SECRET_MANAGER_URL: 'secretmanager.googleapis.com',
    FIREBASE_RULES_URL: 'firebaserules.googleapis.com',
    FIRESTORE_URL: 'firestore.googleapis.com',
    FIREBASE_HOSTING_API_URL: 'firebasehosting.googleapis.com',
    FIREBASE_RESOURCEMANAGER_URL: 'cloudresourcemanager.googleapis.com',
    FIREBASE_SERVICE_USAGE_URL: 'serviceusage.googleapis.com',
    FIREBASE_IAM_URL: 'iam.googleapis.com',
    ARTIFACT_REGISTRY_DOMAIN: 'artifactregistry.googleapis.com',
    FIREBASE_CLOUDBILLING_URL: 'cloudbilling.googleapis.com',
    FIREBASE_RUNTIMECONFIG_URL: 'runtimeconfig.googleapis.com',
    FIREBASE_EXT_URL: 'firebaseextensions.googleapis.com',
    FIREBASE_TELEMETRY_ADMIN_URL: 'firebasetelemetryadmin.googleapis.com',
    FIREBASE_CLOUDSCHEDULER_URL: 'cloudscheduler.googleapis.com',
    FIREBASE_STORAGE_URL: 'storage.googleapis.com',
    FIREBASE_TOKEN_URL: 'oauth2.googleapis.com',
    FIREBASE_REMOTE_CONFIG_URL: 'firebaseremoteconfig.googleapis.com',
    FIREBASE_PUBSUB_URL: 'pubsub.googleapis.com',
    EVENTARC_URL: 'eventarc.googleapis.com',
    COMPUTE_URL: 'compute.googleapis.com',
    FIREBASE_GOOGLE_URL: 'www.googleapis.com',
  };
  const addresses = Object.fromEntries(Object.entries(hosts).map(([name, host]) => [name, `${url}/${host}`]));
  return { ...addresses, FIREBASE_TOKEN: 'rehearsal' };
}

async function operatorToken(): Promise<string> {
  const { GoogleAuth } = await import('google-auth-library');
  const token = await new GoogleAuth({ scopes: ['https://www.googleapis.com/auth/cloud-platform'] }).getAccessToken();
  if (token) return token;
  throw new Error('No credentials: gcloud auth application-default login · 인증이 필요합니다');
}

function withoutEmpty(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}
