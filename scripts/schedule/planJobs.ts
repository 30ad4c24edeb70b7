/** What is to be done for the Scheduler's jobs to equal the declared ones. */
import { figuresOf, isOurs, type SchedulerJob } from './wantedJobs.ts';

type Step = 'create' | 'update' | 'pause' | 'resume' | 'delete';

export interface JobPlan {
  /** Short, as the function is called. */
  job: string;
  sign: '+' | '~' | '-' | '=' | '!';
  steps: Step[];
  /** For people: what changes, from what to what. */
  details: string[];
  /** What it is to be; undefined when it goes. */
  wanted: SchedulerJob | undefined;
  /** The whole name. */
  name: string;
}

/** @param paused - short names of those that are to be paused; `all` are every one */
export function planJobs(existing: SchedulerJob[], wanted: SchedulerJob[], paused: string[] = []): JobPlan[] {
  const isToPause = (job: string) => paused.includes('all') || paused.includes(job);
  const unknown = paused.filter((job) => job !== 'all' && !wanted.some(({ name }) => shortOf(name) === job));
  if (unknown.length > 0)
    throw new Error(`No such job: ${unknown.join(', ')}. There are: ${wanted.map(({ name }) => shortOf(name)).join(', ')}`);
  const declared = wanted.map((job) =>
    planOf(
      job,
      existing.find(({ name }) => name === job.name),
      isToPause(shortOf(job.name)),
    ),
  );
  const names = new Set(wanted.map(({ name }) => name));
  const retired = existing.filter((job) => !names.has(job.name) && isOurs(job, undefined));
  return [...declared, ...retired.map(({ name }) => plan(name, '-', ['delete'], ['no function declares it any more'], undefined))].sort(
    (a, b) => (a.job < b.job ? -1 : 1),
  );
}

function planOf(wanted: SchedulerJob, known: SchedulerJob | undefined, isToPause: boolean): JobPlan {
  const { name } = wanted;
  const { schedule, 'time zone': timeZone } = figuresOf(wanted);
  if (!known)
    return plan(name, '+', isToPause ? ['create', 'pause'] : ['create'], [`${schedule} ${timeZone}${isToPause ? ', paused' : ''}`], wanted);
  if (!isOurs(known, wanted)) return plan(name, '!', [], ['a job of this name is there and is not ours: rename or delete it'], wanted);
  const details = differences(figuresOf(known), figuresOf(wanted));
  const steps: Step[] = details.length > 0 ? ['update'] : [];
  const isPaused = known.state === 'PAUSED';
  if (isPaused !== isToPause) {
    steps.push(isToPause ? 'pause' : 'resume');
    details.push(isToPause ? 'is paused' : 'goes on');
  }
  return plan(
    name,
    steps.length > 0 ? '~' : '=',
    steps,
    details.length > 0 ? details : [`${schedule} ${timeZone}${isPaused ? ', paused' : ''}`],
    wanted,
  );
}

function plan(
  name: string | null | undefined,
  sign: JobPlan['sign'],
  steps: Step[],
  details: string[],
  wanted: SchedulerJob | undefined,
): JobPlan {
  return { job: shortOf(name), sign, steps, details, wanted, name: name ?? '' };
}

function differences(before: Record<string, string>, after: Record<string, string>): string[] {
  return Object.keys(after).flatMap((figure) =>
    before[figure] === after[figure] ? [] : [`${figure}: ${before[figure] || '(none)'} → ${after[figure] || '(none)'}`],
  );
}

function shortOf(name: string | null | undefined): string {
  return (name ?? '').slice((name ?? '').lastIndexOf('/') + 1);
}

export function showPlan(plans: JobPlan[]): string[] {
  const width = Math.max(...plans.map(({ job }) => job.length));
  const lines = plans.map(({ sign, job, details }) => `  ${sign} ${job.padEnd(width)}  ${details.join('; ')}`);
  const count = plans.filter(({ steps }) => steps.length > 0).length;
  return [...lines, count === 0 ? 'Nothing to change · 변경할 것이 없습니다' : `${count} to change · 변경 ${count}건`];
}
