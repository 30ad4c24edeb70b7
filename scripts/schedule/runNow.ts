/** Fires a job now and waits for what comes of it. */
import type { CloudSchedulerClient } from '@google-cloud/scheduler';
import { JOBS, MAKE_UP_MS, type RunOutcome, runsSince } from '#shared/jobs';
import { waitUntil } from '../local/waitUntil.ts';
import { FOLLOW, type Outcome } from './follow.ts';
import type { SchedulerJob } from './wantedJobs.ts';

const CALL = { timeout: 10_000, retry: null }; // the client would repeat in silence
const LONGEST_RUN_MS = 10 * 60_000;
/** A run that is fired beside the schedule has the time of the Scheduler's clock, not of ours. */
const CLOCKS_APART_MS = 60_000;
/** What was due on the day before may just be made up for: then a firing by hand is for that run. */
const DAY_MS = 24 * 60 * 60_000;

interface Running {
  client: CloudSchedulerClient;
  /** The whole name. */
  name: string;
  job: string;
  say: (text: string) => void;
}

/** @throws when there is no such job, or it does not end in time */
export async function runNow(running: Running): Promise<Outcome> {
  const { client, name, job, say } = running;
  const [before] = await client.getJob({ name }, CALL).catch((error: { code?: unknown }) => {
    if (error.code !== 5) throw error; // https://grpc.github.io/grpc/core/md_doc_statuscodes.html: not found
    throw new Error(`Cloud Scheduler has no job ${job}. What there is: npm run schedule -- plan · 그런 작업이 없습니다`);
  });
  const since = new Date(Date.now() - DAY_MS - CLOCKS_APART_MS);
  const known = new Set((await runsSince(since)).map(idOf));
  await client.runJob({ name }, CALL);
  say(`${job} is fired · 실행했습니다`);
  const isClaimed = job in JOBS && JOBS[job as keyof typeof JOBS].isClaimed;
  return isClaimed ? await waitForRun(running, { before, since, known }) : await waitForAnswer(running, before);
}

interface Before {
  before: SchedulerJob;
  since: Date;
  known: Set<string>;
}

async function waitForRun({ client, name, job, say }: Running, { before, since, known }: Before): Promise<Outcome> {
  let run: RunOutcome | undefined;
  let failure: string | undefined;
  const isOver = async () => {
    const runs = (await runsSince(since)).filter((one) => one.job === job);
    const found = runs.find((one) => !known.has(idOf(one))) ?? runs.findLast(isMadeUpNow);
    if (found && found.state !== run?.state) say(`${job}: ${found.state}`);
    run = found ?? run;
    failure = run && (run.state === 'done' || isMadeUpNow(run)) ? undefined : failureOf((await client.getJob({ name }, CALL))[0], before);
    return run?.state === 'done' || failure !== undefined;
  };
  await waitUntil(`${job} done`, isOver, LONGEST_RUN_MS);
  if (failure !== undefined || !run?.result) return failed(job, failure);
  const { result } = run;
  const follow = FOLLOW[job];
  if (follow) return await follow(result, say);
  return { isSound: true, lines: [JSON.stringify(result, null, 2)], data: result };
}

/** A job that claims nothing leaves no trace but in the Scheduler. */
async function waitForAnswer({ client, name, job }: Running, before: SchedulerJob): Promise<Outcome> {
  let after = before;
  const isOver = async () => {
    [after] = await client.getJob({ name }, CALL);
    return timeOf(after) !== timeOf(before);
  };
  await waitUntil(`${job} tried`, isOver, LONGEST_RUN_MS);
  const failure = failureOf(after, before);
  return failure === undefined ? { isSound: true, lines: [`${job} was called · 호출했습니다`], data: {} } : failed(job, failure);
}

function isMadeUpNow({ madeUpAt }: RunOutcome): boolean {
  return madeUpAt !== null && Date.now() - Date.parse(madeUpAt) < MAKE_UP_MS;
}

function failed(job: string, failure = 'it ended without a result'): Outcome {
  return { isSound: false, lines: [`${job} has failed · 실패했습니다: ${failure}`], data: { failure } };
}

/** Of an attempt since. While one is under way, the Scheduler shows how the one before has ended. */
function failureOf(after: SchedulerJob, before: SchedulerJob): string | undefined {
  const isNew = timeOf(after) !== timeOf(before) && statusOf(after) !== statusOf(before);
  return isNew && after.status?.code ? (after.status.message ?? `code ${after.status.code}`) : undefined;
}

function statusOf({ status }: SchedulerJob): string {
  return `${status?.code ?? 0} ${status?.message ?? ''}`;
}

function timeOf({ lastAttemptTime }: SchedulerJob): string {
  return `${lastAttemptTime?.seconds ?? 0}.${lastAttemptTime?.nanos ?? 0}`;
}

function idOf({ job, scheduledAt }: RunOutcome): string {
  return `${job} ${scheduledAt}`;
}
