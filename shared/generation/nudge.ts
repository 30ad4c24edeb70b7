import type { CloudSchedulerClient } from '@google-cloud/scheduler';
import { type Clock, config, log, within } from '#shared/runtime';

const LIMIT_MS = 1_000;
const AT_MOST_EVERY_MS = 5_000;

let client: Promise<CloudSchedulerClient> | undefined;
let nudgedAtMs = Number.NEGATIVE_INFINITY;

/** Asks Cloud Scheduler to run the worker now. Best effort: when it is lost, the worker comes within a minute all the same. */
export async function nudgeWorker(clock: Clock): Promise<void> {
  if (clock.monotonicMs() - nudgedAtMs < AT_MOST_EVERY_MS) return;
  nudgedAtMs = clock.monotonicMs();
  const { GOOGLE_CLOUD_PROJECT, REGION } = config();
  try {
    client ??= connect();
    const name = `projects/${GOOGLE_CLOUD_PROJECT}/locations/${REGION}/jobs/advanceGenerations`;
    await within(LIMIT_MS, 'Cloud Scheduler', (await client).runJob({ name }));
  } catch (error) {
    log.info('nudge_lost', { error });
  }
}

async function connect(): Promise<CloudSchedulerClient> {
  const { CloudSchedulerClient } = await import('@google-cloud/scheduler');
  const projectId = config().GOOGLE_CLOUD_PROJECT;
  const local = config().CLOUD_SCHEDULER_ENDPOINT;
  if (!local) return new CloudSchedulerClient({ projectId });
  const [apiEndpoint, port] = local.split(':');
  const { grpc } = await import('google-gax');
  return new CloudSchedulerClient({
    projectId,
    apiEndpoint: apiEndpoint!,
    port: Number(port),
    sslCreds: grpc.credentials.createInsecure(),
  });
}
