/**
 * The Google Cloud of a rehearsal as a process of its own: accounts, storage, Scheduler, control plane, and the deployed functions behind
 * one address. All of it stands in one folder and survives a restart.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import { loadEndpoints } from '../../loadEndpoints.ts';
import { startControlPlane } from '../controlPlane/index.ts';
import { startFunctions } from '../functions.ts';
import { startGcs } from '../gcs/index.ts';
import { type LocalGoogle, startGoogle } from '../google/index.ts';
import { servePart } from '../processes/part.ts';
import { isPortFree } from '../processes/port.ts';
import { startScheduler } from '../scheduler/index.ts';
import { deployedFunctions } from './deployedFunctions.ts';

export interface RehearsalInput {
  directory: string;
  projectId: string;
  region: string;
  firestoreHost: string;
  authHost: string;
  sandboxUrl: string;
}

export interface RehearsalReady {
  controlPlaneUrl: string;
  /** Where the functions are called: `/v1/<name>`. */
  serviceUrl: string;
  storageUrl: string;
  schedulerEndpoint: string;
  tokenUrl: string;
  certsUrl: string;
  /** Of the operator who deploys. */
  operatorToken: string;
}

servePart<RehearsalInput, RehearsalReady>(async (input) => {
  const { directory, projectId, region } = input;
  const google = await startGoogle({ directory: join(directory, 'google') });
  const gcs = await startGcs({ directory: join(directory, 'gcs'), google });
  const scheduler = await startScheduler({ file: join(directory, 'scheduler.json'), mintOidcToken: google.mintOidcToken });
  const plane = await startControlPlane({
    directory: join(directory, 'controlPlane'),
    projectId,
    createKey: google.createServiceAccountKey,
  });
  const port = await ownPort(directory);
  const serviceUrl = `http://localhost:${port}/v1`;
  const addresses = {
    FIRESTORE_EMULATOR_HOST: input.firestoreHost,
    FIREBASE_AUTH_EMULATOR_HOST: input.authHost,
    STORAGE_EMULATOR_HOST: gcs.url,
    CLOUD_SCHEDULER_ENDPOINT: scheduler.endpoint,
    SECRET_MANAGER_ENDPOINT: `${plane.url}/secretmanager.googleapis.com`,
    GOOGLE_TOKEN_URL: google.tokenUrl,
    GOOGLE_CERTS_URL: google.certsUrl,
    TOPMEDIAI_BASE_URL: input.sandboxUrl,
    SERVICE_URL: serviceUrl,
    SORI_DATA_DIR: directory,
  };
  const logFolder = join(directory, 'logs');
  mkdirSync(logFolder, { recursive: true });
  const names = (await loadEndpoints()).map(({ name }) => name);
  const host = await startFunctions(deployedFunctions(names, { cloud: plane.cloud, region, addresses, logFolder }), port);
  const ready = {
    controlPlaneUrl: plane.url,
    serviceUrl,
    storageUrl: gcs.url,
    schedulerEndpoint: scheduler.endpoint,
    tokenUrl: google.tokenUrl,
    certsUrl: google.certsUrl,
    operatorToken: await operatorToken(google, projectId),
  };
  const close = async () => {
    await scheduler.close();
    await host.close();
    await Promise.all([plane.close(), gcs.close()]);
    await google.close();
  };
  return { ready, close };
});

/** The same from start to start, as the Scheduler's jobs name it; another one when somebody else has it now. */
async function ownPort(directory: string): Promise<number> {
  const file = join(directory, 'port.json');
  const known = existsSync(file) ? z.number().parse(JSON.parse(readFileSync(file, 'utf8'))) : 0;
  if (known && (await isPortFree(known))) return known;
  const { freePort } = await import('../processes/port.ts');
  const port = await freePort();
  writeFileSync(file, JSON.stringify(port));
  return port;
}

const Granted = z.object({ access_token: z.string() });

/** As somebody who deploys gets one: a service account's assertion, exchanged. */
async function operatorToken(google: LocalGoogle, projectId: string): Promise<string> {
  const email = `operator@${projectId}.iam.gserviceaccount.com`;
  const { private_key: privateKey, private_key_id: keyid } = await google.createServiceAccountKey(email);
  const iat = Math.floor(Date.now() / 1000);
  const claims = {
    iss: email,
    scope: 'https://www.googleapis.com/auth/cloud-platform',
    aud: 'https://oauth2.googleapis.com/token',
    iat,
    exp: iat + 3600,
  };
  const assertion = jwt.sign(claims, privateKey, { algorithm: 'RS256', keyid });
  const body = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
  const answer = await fetch(google.tokenUrl, { method: 'POST', body, signal: AbortSignal.timeout(10_000) });
  return Granted.parse(await answer.json()).access_token;
}
