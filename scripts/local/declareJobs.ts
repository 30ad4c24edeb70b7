import { CloudSchedulerClient } from '@google-cloud/scheduler';
import { grpc } from 'google-gax';
import type { Endpoint } from '#shared/endpoint';
import { applyPlan, listJobs } from '../schedule/applyPlan.ts';
import { planJobs } from '../schedule/planJobs.ts';
import { type JobPlace, parentOf, wantedJobs } from '../schedule/wantedJobs.ts';

export interface JobSettings extends JobPlace {
  /** host:port of a Scheduler without TLS. */
  schedulerEndpoint: string;
}

/** Makes the local Scheduler's jobs equal to those that the functions declare, as `npm run schedule -- apply` does. */
export async function declareJobs(endpoints: Endpoint[], { schedulerEndpoint, ...place }: JobSettings): Promise<void> {
  const [apiEndpoint = '', port] = schedulerEndpoint.split(/:(?=\d+$)/);
  const sslCreds = grpc.credentials.createInsecure();
  const client = new CloudSchedulerClient({ projectId: place.projectId, apiEndpoint, port: Number(port), sslCreds });
  try {
    const parent = parentOf(place);
    await applyPlan(client, parent, planJobs(await listJobs(client, parent), wantedJobs(endpoints, place)));
  } finally {
    await client.close();
  }
}
