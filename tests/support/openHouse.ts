/** The service with everybody in front of it: people of every kind, a local store, and limits that tests do not meet. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Endpoint } from '#shared/endpoint';
import { RATE_LIMITS } from '#shared/limits';
import { type LocalGcs, startGcs } from '../../scripts/local/gcs/index.ts';
import { type LocalGoogle, startGoogle } from '../../scripts/local/google/index.ts';
import { type Sandbox, startSandbox } from '../../scripts/local/sandbox/index.ts';
import { makeOutsiders, makePeople, type People, type TestCaller } from './callers.ts';
import { given } from './given.ts';
import { type Service, type ServiceOptions, startService } from './service.ts';

export interface House {
  service: Service;
  outsiders: TestCaller[];
  /** People nobody has met: what one function does to them does not matter to the next. */
  newPeople(): Promise<People>;
  endpoint(name: string): Endpoint;
  /** Of a house with a bucket. */
  gcs: LocalGcs | undefined;
  close(): Promise<void>;
}

export interface HouseOptions extends ServiceOptions {
  /** Besides the local store there is a bucket, `HOUSE_BUCKET`: without one nothing can be uploaded. */
  hasBucket?: boolean;
}

export const HOUSE_BUCKET = 'house';

export async function openHouse({ settings, hasBucket = false, ...options }: HouseOptions = {}): Promise<House> {
  const directory = await mkdtemp(join(tmpdir(), 'sori-house-'));
  const google = await startGoogle({ directory: join(directory, 'google') });
  const bucket = hasBucket ? await openBucket(directory, google, options) : undefined;
  const provider = await openProvider(directory);
  const service = await startService({
    rateLimits: { ...RATE_LIMITS, requests: 1_000_000, generations: 1_000_000 },
    settings: {
      MEDIA_STORES: `local:${join(directory, 'media')}`,
      TOPMEDIAI_BASE_URL: provider.url,
      TOPMEDIAI_API_KEY: PROVIDER_KEY,
      GOOGLE_CERTS_URL: google.certsUrl,
      TRUSTED_PROXY_HOPS: '1', // every test call comes from an address of its own
      ...bucket?.settings,
      ...settings,
    },
    ...options,
  });
  return {
    service,
    outsiders: await makeOutsiders(service, google),
    newPeople: async () => {
      const people = await makePeople(service);
      await Promise.all(Object.values(people).map(({ uid }) => given.credits({ owner: uid })));
      return people;
    },
    endpoint: (name) => service.endpoints.find((endpoint) => endpoint.name === name)!,
    gcs: bucket?.gcs,
    close: async () => {
      await service.close();
      await Promise.all([bucket?.gcs.close(), provider.close()]);
      await google.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const PROVIDER_KEY = 'house-key';

/** Writes lyrics, and takes no orders: nothing sounds in this house. */
async function openProvider(directory: string): Promise<Sandbox> {
  const sandbox = await startSandbox({ directory: join(directory, 'sandbox'), apiKey: PROVIDER_KEY });
  sandbox.faults.add({ name: 'status429', at: ['generate'] });
  return sandbox;
}

async function openBucket(directory: string, google: LocalGoogle, { world }: ServiceOptions) {
  const gcs = await startGcs({ directory: join(directory, 'gcs'), google, ...(world?.clock ? { clock: world.clock } : {}) });
  await gcs.createBucket(HOUSE_BUCKET);
  const keyFile = join(directory, 'gcs-key.json');
  await writeFile(keyFile, JSON.stringify(await google.createServiceAccountKey('media@sori.example')));
  const settings = {
    MEDIA_STORES: `local:${join(directory, 'media')},gcs:${HOUSE_BUCKET}`,
    GCS_KEY_FILE: keyFile,
    STORAGE_EMULATOR_HOST: gcs.url,
    GOOGLE_TOKEN_URL: google.tokenUrl,
  };
  return { gcs, settings };
}
