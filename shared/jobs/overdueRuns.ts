/** Runs of daily jobs that were due, and that nobody has done. */
import type { DocumentSnapshot } from '@google-cloud/firestore';
import { config, database } from '#shared/runtime';
import type { Job, JobName } from './job.ts';
import { parseRun, runIdOf, runPath, runsSince, type StoredRun } from './jobRun.ts';
import type { JobState } from './jobStates.ts';
import { lastDueMs } from './lastDue.ts';

/** So long after its time the Scheduler's own repetitions are over: three, within 21 minutes, and the last of them may take some. */
const PATIENCE_MS = 30 * 60_000;

export interface OverdueRun {
  job: JobName;
  dueMs: number;
  /** What stands there of it; undefined when nobody has ever begun. */
  run: StoredRun | undefined;
  snapshot: DocumentSnapshot;
}

/**
 * The last due run of each, where it is overdue: the oldest first. One read for each when all is well.
 *
 * @param askStates - what Cloud Scheduler says of its jobs; asked only when something is overdue
 */
export async function overdueRuns(
  jobs: Record<string, Job>,
  askStates: () => Promise<Map<string, JobState> | undefined>,
  nowMs: number,
): Promise<OverdueRun[]> {
  const claimed = (Object.entries(jobs) as [JobName, Job][]).filter(([, { isClaimed }]) => isClaimed);
  if (claimed.length === 0) return [];
  const { SERVICE_TIME_ZONE } = config();
  const due = claimed.map(([job, { cron }]) => ({ job, dueMs: lastDueMs(cron, SERVICE_TIME_ZONE, nowMs - PATIENCE_MS) }));
  const db = await database();
  const found = await db.getAll(...due.map(({ job, dueMs }) => db.doc(runPath(runIdOf(job, new Date(dueMs))))));
  const runs = due.map((one, index) => ({ ...one, snapshot: found[index]!, run: parseRun(found[index]!.data()) }));
  const open = runs.filter(({ run }) => run?.state !== 'done').sort((one, other) => one.dueMs - other.dueMs);
  if (open.length === 0) return [];
  const [states, later] = await Promise.all([askStates(), runsSince(new Date(open[0]!.dueMs))]);
  const late = open.filter(({ job, dueMs }) => !later.some((run) => run.job === job && isDoneSince(run, dueMs)));
  const expected = await Promise.all(late.map(async ({ job, dueMs }) => isExpected(job, dueMs, states?.get(job))));
  return late.filter((_, index) => expected[index]);
}

/** One that was fired by hand makes up for one that was missed. */
function isDoneSince({ state, scheduledAt }: Pick<StoredRun, 'state' | 'scheduledAt'>, dueMs: number): boolean {
  return state === 'done' && Date.parse(scheduledAt) >= dueMs;
}

/** A job that was not yet declared at its time has missed nothing; when the Scheduler does not tell, one that was never run. */
async function isExpected(job: string, dueMs: number, state: JobState | undefined): Promise<boolean> {
  if (state) return state.changedAtMs <= dueMs;
  const db = await database();
  return !(await db.collection('jobRuns').where('job', '==', job).limit(1).get()).empty;
}
