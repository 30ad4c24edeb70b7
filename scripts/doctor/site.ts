/** A Sori as the doctor finds it: its settings, its addresses, and where the APIs behind it stand. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { ownAccessToken } from '#shared/media';
import { SECRET_SETTINGS, send } from '#shared/runtime';
import { projectFolder } from '../check/command.ts';
import { readOwnAddress } from '../local/google/index.ts';
import { localSecrets } from '../local/localSecrets.ts';
import { settingsFor } from '../local/ownSettings.ts';
import { readSandboxAddress } from '../local/sandboxAddress.ts';
import type { Place } from './place.ts';

export type GoogleApi =
  | 'cloudfunctions'
  | 'firebaserules'
  | 'firestore'
  | 'identitytoolkit'
  | 'logging'
  | 'secretmanager'
  | 'serviceusage'
  | 'storage';

export interface Site {
  projectId: string;
  region: string;
  /** As the functions have them; secrets too, where they could be read. */
  settings: Record<string, string>;
  /** Emulators and stand-ins are behind it. */
  isLocal: boolean;
  /** There is somebody to ask what is deployed: Google, or the stand-in of a rehearsal. */
  hasControlPlane: boolean;
  /** Where clients reach it, the functions' own address first. No slash at the end. */
  bases: { name: string; url: string }[];
  /** The folder of a local cloud's logs. */
  logs: string | undefined;
  /** Without a slash at the end. */
  apiUrl(api: GoogleApi): string;
  /** Where Firestore's documents are. */
  dataUrl: string;
}

type Environment = Record<string, string | undefined>;

/** @param outside - what is set there wins, as it does for the service */
export async function siteOf(place: Place, outside: Environment): Promise<Site> {
  const isLocal = place.settings['FIRESTORE_EMULATOR_HOST'] !== undefined;
  const projectId = place.settings['GOOGLE_CLOUD_PROJECT'] ?? '';
  const own = isLocal ? ownSettings(place, outside) : await cloudSettings(projectId);
  const settings = onlySet({ ...own, ...outside, ...place.settings });
  const region = settings['REGION'] ?? 'asia-northeast3';
  const directory = resolve(outside['SORI_DATA_DIR'] || '.sori');
  return {
    ...{ projectId, region, settings, isLocal, hasControlPlane: !isLocal },
    bases: isLocal ? localBases(settings) : cloudBases(projectId, region),
    logs: isLocal ? join(directory, 'logs') : undefined,
    apiUrl: (api) => (isLocal ? localApi(api, settings) : `https://${api}.googleapis.com`),
    dataUrl: isLocal ? `http://${settings['FIRESTORE_EMULATOR_HOST']}` : 'https://firestore.googleapis.com',
  };
}

/** Of the local cloud that runs on this machine; nothing of one that does not. */
function ownSettings(place: Place, outside: Environment): Environment {
  const directory = resolve(outside['SORI_DATA_DIR'] || '.sori');
  const address = (part: string) => readOwnAddress(join(directory, part));
  const [google, storageUrl, scheduler] = [address('google'), address('gcs'), address('scheduler')];
  if (!google || !storageUrl || !scheduler || !existsSync(join(directory, 'secrets.json'))) return {};
  const named = { GOOGLE_CLOUD_PROJECT: place.settings['GOOGLE_CLOUD_PROJECT'] };
  return settingsFor(named, directory, Number(outside['PORT'] || 8080), localSecrets(directory), {
    firestoreHost: place.settings['FIRESTORE_EMULATOR_HOST'],
    authHost: place.settings['FIREBASE_AUTH_EMULATOR_HOST'],
    sandboxUrl: readSandboxAddress(directory)?.url,
    cloud: {
      ...{ storageUrl, tokenUrl: `${google}/token`, certsUrl: `${google}/certs`, isKeySound: true },
      schedulerEndpoint: new URL(scheduler).host,
    },
  });
}

/** The file that the functions were deployed with, and the secrets that the operator may read. */
async function cloudSettings(projectId: string): Promise<Environment> {
  const file = join(projectFolder, `.env.${projectId}`);
  const written = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
  const secrets = await Promise.all(SECRET_SETTINGS.map(async (name) => [name, await secretOf(projectId, name)] as const));
  return { ...written, ...Object.fromEntries(secrets) };
}

const SECRET_LIMIT_MS = 8_000;
const Accessed = z.object({ payload: z.object({ data: z.base64() }) });

async function secretOf(projectId: string, name: string): Promise<string | undefined> {
  const { status, data } = await send({
    method: 'GET',
    url: `https://secretmanager.googleapis.com/v1/projects/${projectId}/secrets/${name}/versions/latest:access`,
    headers: { authorization: `Bearer ${await ownAccessToken()}` },
    timeoutMs: SECRET_LIMIT_MS,
  });
  return status === 200 ? Buffer.from(Accessed.parse(data).payload.data, 'base64').toString('utf8') : undefined;
}

function localBases(settings: Environment): Site['bases'] {
  const url = settings['SORI_URL'] ?? settings['SERVICE_URL'] ?? 'http://localhost:8080/v1';
  return [{ name: 'this machine', url: url.replace(/\/+$/, '') }];
}

function cloudBases(projectId: string, region: string): Site['bases'] {
  return [
    { name: 'functions', url: `https://${region}-${projectId}.cloudfunctions.net` },
    { name: 'Hosting', url: `https://${projectId}.web.app/v1` },
  ];
}

function localApi(api: GoogleApi, settings: Environment): string {
  if (api === 'storage') return settings['STORAGE_EMULATOR_HOST'] ?? 'http://localhost:9';
  if (api === 'identitytoolkit') return `http://${settings['FIREBASE_AUTH_EMULATOR_HOST']}/identitytoolkit.googleapis.com`;
  throw new Error(`a local cloud has no ${api}`);
}

function onlySet(environment: Environment): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, string] => Boolean(entry[1])));
}
