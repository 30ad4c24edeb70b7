/** Cloud Scheduler, as far as functions ask it for something: to run one of our jobs now. */
import type { CloudSchedulerClient } from '@google-cloud/scheduler';
import type { Clock } from './clock.ts';
import { config } from './config.ts';
import { within } from './deadline.ts';
import { log, traceparent } from './log.ts';

const LIMIT_MS = 1_000;
const AT_MOST_EVERY_MS = 5_000;

let client: Promise<CloudSchedulerClient> | undefined;
const nudgedAtMs = new Map<string, number>();

/**
 * Asks for a run of the job now, at most every 5 s per instance and cause. Best effort: when it is lost, the job runs at its time all the same.
 *
 * @param cause - a run that was asked for by one is over, perhaps, before there is what the other asks for
 */
export async function nudgeJob(job: string, clock: Clock, cause: 'work' | 'repair' = 'work'): Promise<void> {
  const asked = `${job} ${cause}`;
  if (clock.monotonicMs() - (nudgedAtMs.get(asked) ?? Number.NEGATIVE_INFINITY) < AT_MOST_EVERY_MS) return;
  nudgedAtMs.set(asked, clock.monotonicMs());
  try {
    await within(LIMIT_MS, 'Cloud Scheduler', run(job));
  } catch (error) {
    log.info('nudge_lost', { job, error });
  }
}

async function run(job: string): Promise<void> {
  const { GOOGLE_CLOUD_PROJECT, REGION } = config();
  const name = `projects/${GOOGLE_CLOUD_PROJECT}/locations/${REGION}/jobs/${job}`;
  const trace = traceparent();
  const otherArgs = trace ? { headers: { traceparent: trace } } : {};
  await (await schedulerClient()).runJob({ name }, { timeout: LIMIT_MS, retry: null, otherArgs }); // the client would go on for minutes
}

/** The one client of the process, loaded when first asked for. */
export function schedulerClient(): Promise<CloudSchedulerClient> {
  client ??= connect();
  return client;
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
