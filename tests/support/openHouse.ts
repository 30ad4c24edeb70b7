/** The service with everybody in front of it: people of every kind, a local store, and limits that tests do not meet. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Endpoint } from '#shared/endpoint';
import { RATE_LIMITS } from '#shared/limits';
import { startGoogle } from '../../scripts/local/google/index.ts';
import { makeOutsiders, makePeople, type People, type TestCaller } from './callers.ts';
import { given } from './given.ts';
import { type Service, type ServiceOptions, startService } from './service.ts';

export interface House {
  service: Service;
  outsiders: TestCaller[];
  /** People nobody has met: what one function does to them does not matter to the next. */
  newPeople(): Promise<People>;
  endpoint(name: string): Endpoint;
  close(): Promise<void>;
}

/** Nobody is there: what calls it fails at once. */
const CLOSED_PORT = 9;

export async function openHouse({ settings, ...options }: ServiceOptions = {}): Promise<House> {
  const directory = await mkdtemp(join(tmpdir(), 'sori-house-'));
  const google = await startGoogle({ directory: join(directory, 'google') });
  const service = await startService({
    rateLimits: { ...RATE_LIMITS, requests: 1_000_000, generations: 1_000_000 },
    settings: {
      MEDIA_STORES: `local:${join(directory, 'media')}`,
      TOPMEDIAI_BASE_URL: `http://127.0.0.1:${CLOSED_PORT}`,
      GOOGLE_CERTS_URL: google.certsUrl,
      TRUSTED_PROXY_HOPS: '1', // every test call comes from an address of its own
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
    close: async () => {
      await service.close();
      await google.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
