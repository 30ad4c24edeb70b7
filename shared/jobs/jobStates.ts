/** What Cloud Scheduler says of its jobs. */
import { config, log, schedulerClient, within } from '#shared/runtime';

export interface JobState {
  isPaused: boolean;
  lastAttemptAtMs: number | undefined;
  /** When it was declared, or changed last. */
  changedAtMs: number;
}

const LIMIT_MS = 5_000;

/** Of every job in our region, by its name; undefined when the Scheduler does not answer. */
export async function jobStates(): Promise<Map<string, JobState> | undefined> {
  const { GOOGLE_CLOUD_PROJECT, REGION } = config();
  const parent = `projects/${GOOGLE_CLOUD_PROJECT}/locations/${REGION}`;
  const ask = async () => (await schedulerClient()).listJobs({ parent }, { timeout: LIMIT_MS, retry: null });
  try {
    const [jobs] = await within(LIMIT_MS, 'Cloud Scheduler', ask());
    return new Map(
      jobs.map(({ name, state, lastAttemptTime, userUpdateTime }) => [
        (name ?? '').slice(parent.length + '/jobs/'.length),
        { isPaused: state === 'PAUSED', lastAttemptAtMs: msOf(lastAttemptTime), changedAtMs: msOf(userUpdateTime) ?? 0 },
      ]),
    );
  } catch (error) {
    log.info('jobs_not_listed', { error });
    return undefined;
  }
}

function msOf(time: { seconds?: unknown } | null | undefined): number | undefined {
  return time?.seconds ? Number(time.seconds) * 1000 : undefined;
}
