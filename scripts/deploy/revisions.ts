/** The Cloud Run services behind the functions: what is there, and which revision gets the traffic. */
import { z } from 'zod';
import { digestOf } from './bundle.ts';
import type { Target } from './target.ts';

const FUNCTIONS = 'cloudfunctions.googleapis.com';
const RUN = 'run.googleapis.com';

export interface Deployed {
  name: string;
  digest: string | undefined;
  /** The newest; after a rollback another one may have the traffic. */
  revision: string;
}

const List = z.object({
  functions: z
    .array(
      z.object({
        name: z.string(),
        labels: z.record(z.string(), z.string()).optional(),
        serviceConfig: z.object({ revision: z.string() }).optional(),
        state: z.string(),
      }),
    )
    .default([]),
  nextPageToken: z.string().optional(),
});

/** Those that are there and whole: one whose build has failed counts as absent. */
export async function deployedFunctions({ google, projectId, region }: Target): Promise<Deployed[]> {
  const all: Deployed[] = [];
  let pageToken = '';
  do {
    const page = await google.find(FUNCTIONS, `/v2/projects/${projectId}/locations/${region}/functions`, List, {
      query: { pageSize: '100', ...(pageToken ? { pageToken } : {}) },
    });
    for (const { name, labels, serviceConfig, state } of page?.functions ?? []) {
      const short = name.slice(name.lastIndexOf('/') + 1);
      if (state === 'ACTIVE') all.push({ name: short, digest: digestOf(labels), revision: serviceConfig?.revision ?? '' });
    }
    pageToken = page?.nextPageToken ?? '';
  } while (pageToken);
  return all;
}

const Service = z.object({ latestReadyRevision: z.string(), traffic: z.array(z.object({ revision: z.string().optional() })).default([]) });

/** `undefined`: the newest one. */
export async function boundRevision(name: string, target: Target): Promise<string | undefined> {
  const { traffic } = await target.google.ask(RUN, `/v2/${serviceOf(name, target)}`, Service);
  return traffic[0]?.revision;
}

/**
 * All traffic to one revision, or to whichever is the newest, now and later.
 *
 * @throws {GoogleRefusal} 400 for a revision that is not there any more
 */
export async function shiftTraffic(name: string, revision: string | undefined, target: Target): Promise<void> {
  const to = revision ? { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION', revision } : { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST' };
  const body = { traffic: [{ ...to, percent: 100 }] };
  await target.google.operate(RUN, `/v2/${serviceOf(name, target)}`, 'v2', { method: 'PATCH', query: { updateMask: 'traffic' }, body });
}

export async function deleteFunction(name: string, { google, projectId, region }: Target): Promise<void> {
  await google.operate(FUNCTIONS, `/v2/projects/${projectId}/locations/${region}/functions/${name}`, 'v2', { method: 'DELETE' });
}

/** Cloud Run lower-cases the names of functions. */
function serviceOf(name: string, { projectId, region }: Target): string {
  return `projects/${projectId}/locations/${region}/services/${name.toLowerCase()}`;
}
