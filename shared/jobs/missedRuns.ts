/** Which jobs have not done what they were to do: for the watch, once a minute. */
import type { Clock } from '#shared/runtime';
import { JOBS, type Job, type JobName } from './job.ts';
import { type JobState, jobStates } from './jobStates.ts';
import { MAKE_UP_MS } from './makeUp.ts';
import { type OverdueRun, overdueRuns } from './overdueRuns.ts';

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
  const overdue = await overdueRuns(jobs, () => Promise.resolve(states), clock.now());
  const silent = declared.flatMap(([job, { isClaimed, graceMs }]) => {
    const fault = states && faultOf(states.get(job), isClaimed ? undefined : clock.now() - graceMs);
    return fault ? [{ job, ...fault }] : [];
  });
  const missed = overdue.filter((one) => isMissed(one, jobs[one.job]!, clock.now()) && !silent.some(({ job }) => job === one.job));
  return [...silent, ...missed.map(({ job, dueMs }) => ({ job, reason: 'late' as const, at: new Date(dueMs).toISOString() }))];
}

/** One that is being made up for is not missed yet: a service that was away has first to come back. */
function isMissed({ dueMs, run }: OverdueRun, { graceMs }: Job, nowMs: number): boolean {
  const triedSinceMs = run?.madeUpAt == null ? 0 : nowMs - Date.parse(run.madeUpAt);
  return nowMs - dueMs >= graceMs && triedSinceMs >= MAKE_UP_MS;
}

/** @param sinceMs - it must have been tried since; nothing, where the runs tell more */
function faultOf(state: JobState | undefined, sinceMs: number | undefined): Omit<MissedRun, 'job'> | undefined {
  if (!state) return { reason: 'absent', at: null };
  const at = state.lastAttemptAtMs === undefined ? null : new Date(state.lastAttemptAtMs).toISOString();
  if (state.isPaused) return { reason: 'paused', at };
  const lastSignMs = Math.max(state.lastAttemptAtMs ?? 0, state.changedAtMs);
  return sinceMs !== undefined && lastSignMs < sinceMs ? { reason: 'late', at } : undefined;
}
