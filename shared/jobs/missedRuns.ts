/** Which jobs have not done what they were to do: for the watch, once a minute. */
import { type Clock, config, database } from '#shared/runtime';
import { JOBS, type Job, type JobName } from './job.ts';
import { parseRun, runIdOf, runPath, runsSince, type StoredRun } from './jobRun.ts';
import { type JobState, jobStates } from './jobStates.ts';
import { lastDueMs } from './lastDue.ts';

export interface MissedRun {
  job: JobName;
  /** `late`: due, and neither done nor within its grace. Else it is Cloud Scheduler that does not fire it: nobody has declared it, or it is paused. */
  reason: 'late' | 'absent' | 'paused';
  /** When it was due; of a job without claims, when it was last tried. */
  at: string | null;
}

type Declared = [JobName, Job];

/**
 * Of jobs that claim their runs, the database tells what was done: four reads when all is well. Of the others Cloud Scheduler does, in one
 * call. While it does not answer, it accuses nobody.
 */
export async function missedRuns({ clock }: { clock: Clock }, jobs: Record<string, Job> = JOBS): Promise<MissedRun[]> {
  const declared = Object.entries(jobs) as Declared[];
  const states = await jobStates();
  const missed = await notDone(
    declared.filter(([, { isClaimed }]) => isClaimed),
    states,
    clock.now(),
  );
  const silent = declared.flatMap(([job, { isClaimed, graceMs }]) => {
    const fault = states && faultOf(states.get(job), isClaimed ? undefined : clock.now() - graceMs);
    return fault ? [{ job, ...fault }] : [];
  });
  return [...silent, ...missed.filter(({ job }) => !silent.some((found) => found.job === job))];
}

/** @param sinceMs - it must have been tried since; nothing, where the runs tell more */
function faultOf(state: JobState | undefined, sinceMs: number | undefined): Omit<MissedRun, 'job'> | undefined {
  if (!state) return { reason: 'absent', at: null };
  const at = state.lastAttemptAtMs === undefined ? null : new Date(state.lastAttemptAtMs).toISOString();
  if (state.isPaused) return { reason: 'paused', at };
  const lastSignMs = Math.max(state.lastAttemptAtMs ?? 0, state.changedAtMs);
  return sinceMs !== undefined && lastSignMs < sinceMs ? { reason: 'late', at } : undefined;
}

async function notDone(jobs: Declared[], states: Map<string, JobState> | undefined, nowMs: number): Promise<MissedRun[]> {
  const { SERVICE_TIME_ZONE } = config();
  const due = jobs.map(([job, { cron, graceMs }]) => ({ job, dueMs: lastDueMs(cron, SERVICE_TIME_ZONE, nowMs - graceMs) }));
  if (due.length === 0) return [];
  const db = await database();
  const found = await db.getAll(...due.map(({ job, dueMs }) => db.doc(runPath(runIdOf(job, new Date(dueMs))))));
  const open = due.filter((_, index) => parseRun(found[index]?.data())?.state !== 'done');
  if (open.length === 0) return [];
  const later = await runsSince(new Date(Math.min(...open.map(({ dueMs }) => dueMs))));
  const late = open.filter(({ job, dueMs }) => !later.some((run) => run.job === job && isDoneSince(run, dueMs)));
  const expected = await Promise.all(late.map(async ({ job, dueMs }) => isExpected(job, dueMs, states?.get(job))));
  return late.filter((_, index) => expected[index]).map(({ job, dueMs }) => ({ job, reason: 'late', at: new Date(dueMs).toISOString() }));
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
