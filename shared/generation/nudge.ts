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
  try {
    await within(LIMIT_MS, 'Cloud Scheduler', runJob());
  } catch (error) {
    log.info('nudge_lost', { error });
  }
}

async function runJob(): Promise<void> {
  const { GOOGLE_CLOUD_PROJECT, REGION } = config();
  client ??= connect();
  const name = `projects/${GOOGLE_CLOUD_PROJECT}/locations/${REGION}/jobs/advanceGenerations`;
  await (await client).runJob({ name }, { timeout: LIMIT_MS, retry: null }); // the client would go on for minutes
}

async function connect(): Promise<CloudSchedulerClient> {
  try {
    const { createSchedulerClient } = await import('./schedulerClient.ts');
    const connecting = createSchedulerClient();
    // Without credentials, a call of a client that is not yet connected fails twice, the second time where nobody can catch it.
    await connecting.initialize();
    return connecting;
  } catch (error) {
    client = undefined;
    throw error;
  }
}
