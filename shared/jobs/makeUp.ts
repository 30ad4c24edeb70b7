/**
 * A daily run that nobody has done, because the service or the Scheduler was away, is made up for: the watch marks it, so that one watch
 * alone asks for it, and has Cloud Scheduler fire its job beside the schedule. That firing does the marked run, under the claim of its due
 * time (`dueTimeOf`). Only the last one of each job: what is older has been overtaken.
 */
import { type Clock, config, database, isConflict, log, nudgeJob, toDocument } from '#shared/runtime';
import { JOBS, type Job } from './job.ts';
import { EARLIER, expiryOf, parseRun, runIdOf, runPath, type StoredRun } from './jobRun.ts';
import { jobStates } from './jobStates.ts';
import { lastDueMs } from './lastDue.ts';
import { type OverdueRun, overdueRuns } from './overdueRuns.ts';

/** As long as the Scheduler's repetitions take; what is not done by then is missed, and somebody is told. */
export const MAKE_UP_MS = 30 * 60_000;

/** At most: a run of each job, those since, and whether each job has ever run; and one mark. */
export const MAKE_UP_COST = { reads: Object.keys(JOBS).length * 2 + 100, writes: 1 };

/**
 * Asks for what is overdue: one job in each pass, the longest overdue first, so that a service that was away does not begin with all of
 * its nightly work at once. A read for each job when there is nothing. Who dies after the mark leaves it to the next pass to ask again.
 *
 * @returns how many were asked for
 */
export async function makeUpRuns({ clock }: { clock: Clock }, jobs: Record<string, Job> = JOBS): Promise<number> {
  const states = once(jobStates);
  const overdue = await overdueRuns(jobs, states, clock.now());
  if (overdue.length === 0) return 0;
  const known = await states();
  const wanted = overdue.filter(({ job }) => known?.get(job)?.isPaused !== true && (!known || known.has(job)));
  const unanswered = wanted.find((one) => isFree(one) && isMarked(one, clock.now()) && !hasBegun(one));
  const chosen = unanswered ?? wanted.find((one) => isFree(one) && one.run?.madeUpAt == null);
  if (!chosen || (chosen !== unanswered && !(await mark(chosen, clock)))) return 0;
  log.info('run_made_up', { job: chosen.job, due: new Date(chosen.dueMs).toISOString() });
  await nudgeJob(chosen.job, clock);
  return 1;
}

function isFree({ run, snapshot }: OverdueRun): boolean {
  return !run || Date.parse(run.leaseUntilAt) <= snapshot.readTime.toMillis();
}

function isMarked({ run }: OverdueRun, nowMs: number): boolean {
  return run?.madeUpAt != null && nowMs - Date.parse(run.madeUpAt) < MAKE_UP_MS;
}

function hasBegun({ run }: OverdueRun): boolean {
  return run?.madeUpAt != null && Date.parse(run.startedAt) >= Date.parse(run.madeUpAt);
}

/** @returns false when another watch was quicker, or somebody has begun */
async function mark({ job, dueMs, run, snapshot }: OverdueRun, clock: Clock): Promise<boolean> {
  const { ref, updateTime } = snapshot;
  const marked: StoredRun = { ...(run ?? unbegun(job, new Date(dueMs))), madeUpAt: new Date(clock.now()).toISOString() };
  try {
    await (updateTime ? ref.update(toDocument(marked), { lastUpdateTime: updateTime }) : ref.create(toDocument(marked)));
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    throw error;
  }
}

function unbegun(job: string, scheduledAt: Date): StoredRun {
  return {
    ...{ job, scheduledAt: scheduledAt.toISOString(), state: 'running', claimId: '', leaseUntilAt: EARLIER, attempts: 0 },
    ...{ startedAt: EARLIER, doneAt: null, result: null, madeUpAt: null, expireAt: expiryOf(scheduledAt.getTime()) },
  };
}

/**
 * The time whose work a firing does: its own, but soon after a run was marked the time of that one, whoever fires. So it is done once,
 * however often it is asked for. A read, of firings beside the schedule.
 */
export async function dueTimeOf(job: string, firedFor: Date): Promise<Date> {
  const declared: Job | undefined = (JOBS as Record<string, Job>)[job];
  if (!declared?.isClaimed) return firedFor;
  const due = new Date(lastDueMs(declared.cron, config().SERVICE_TIME_ZONE, firedFor.getTime()));
  if (runIdOf(job, due) === runIdOf(job, firedFor)) return firedFor;
  const run = parseRun((await (await database()).doc(runPath(runIdOf(job, due))).get()).data());
  const sinceMs = run?.madeUpAt == null ? undefined : firedFor.getTime() - Date.parse(run.madeUpAt);
  return sinceMs !== undefined && Math.abs(sinceMs) < MAKE_UP_MS ? due : firedFor;
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let begun: Promise<T> | undefined;
  return () => {
    begun ??= work();
    return begun;
  };
}
