/** A night's work that nobody has done, because the service was away: the watch asks for it, through a real Scheduler. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { JOBS, makeUpRuns, missedRuns, runJob } from '#shared/jobs';
import { closeDatabase, config, database, fromDocument, schedulerClient, systemWorld } from '#shared/runtime';
import { type Scheduler, startScheduler } from '../../../scripts/local/scheduler/index.ts';
import { waitUntil } from '../../../scripts/local/waitUntil.ts';
import { TestClock } from '../../support/clock.ts';
import { useOwnProject } from '../../support/service.ts';
import { json, type Received, serve } from '../music/smallServer.ts';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
const MINUTE_MS = 60_000;
const { sweepStorage, backUpDatabase } = JOBS;

/** In Seoul it is half past four. */
const START_MS = Date.parse('2026-11-01T19:30:00Z');
const clock = new TestClock(START_MS);
let directory: string;
let scheduler: Scheduler;
let target: Awaited<ReturnType<typeof serve>>;
let isReachable = true;
let firedCount = 0;
let worked: string[] = [];
/** Of sweepStorage, in the test that runs. */
let due: Date;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sori-make-up-'));
  target = await serve(({ headers, url }: Received, response) => {
    firedCount += 1;
    const answer = isReachable
      ? work(url.slice(1), new Date(String(headers['x-cloudscheduler-scheduletime'])))
      : Promise.reject(new Error());
    void answer.then(
      () => json(response, {}, 200),
      () => json(response, {}, 503),
    );
  });
  scheduler = await startScheduler({ file: join(directory, 'jobs.json'), clock });
  useOwnProject({ CLOUD_SCHEDULER_ENDPOINT: scheduler.endpoint });
  await declare('sweepStorage');
  await declare('backUpDatabase');
});
beforeEach(() => {
  const nextNightMs = (Math.floor((clock.now() - START_MS) / DAY_MS) + 1) * DAY_MS;
  clock.advance(START_MS + nextNightMs - clock.now());
  due = new Date(clock.now());
  isReachable = true;
  firedCount = 0;
  worked = [];
});
afterEach(async () => {
  const db = await database();
  await db.recursiveDelete(db.collection('jobRuns'));
});
afterAll(async () => {
  await (await schedulerClient()).close();
  await Promise.all([scheduler.close(), target.close()]);
  await closeDatabase();
  await rm(directory, { recursive: true, force: true });
});

async function declare(job: string): Promise<void> {
  const { GOOGLE_CLOUD_PROJECT, REGION } = config();
  const parent = `projects/${GOOGLE_CLOUD_PROJECT}/locations/${REGION}`;
  const httpTarget = { uri: `${target.url}/${job}` };
  await (await schedulerClient()).createJob({
    parent,
    job: { name: `${parent}/jobs/${job}`, schedule: '0 0 1 1 *', httpTarget }, // the Scheduler by itself is away
  });
}

function work(job: string, scheduledAt: Date) {
  return runJob({ ...systemWorld, clock, scheduledAt }, { job, leaseMs: 60_000 }, (run) => {
    worked.push(`${job} ${run.scheduledAt.toISOString()}`);
    return Promise.resolve({ attempts: run.attempts });
  });
}

const lookAfter = (jobs: Parameters<typeof makeUpRuns>[1] = { sweepStorage }) => makeUpRuns({ clock }, jobs);
const missed = () => missedRuns({ clock }, { sweepStorage });

async function runOf(job: string, at: Date) {
  const id = `${job}_${at.toISOString().replace(/[-:]|\.\d+/g, '')}`;
  const data = (await (await database()).doc(`jobRuns/${id}`).get()).data();
  return data && fromDocument(data);
}

const isDone = async () => (await runOf('sweepStorage', due))?.['state'] === 'done';

describe('A daily run that nobody has done', () => {
  it('is left to the Scheduler for half an hour', async () => {
    await work('sweepStorage', new Date(due.getTime() - DAY_MS));
    clock.advance(29 * MINUTE_MS);
    expect([await lookAfter(), firedCount]).toEqual([0, 0]);
  });

  it('is asked for by one of two watches, done once under the claim of its due time, and told to nobody', async () => {
    clock.advance(5 * HOUR_MS);
    expect(await missed()).toEqual([]);
    const asked = await Promise.all([lookAfter(), lookAfter()]);
    expect(asked.sort()).toEqual([0, 1]);
    await waitUntil('it was done', isDone, 5_000);
    const byHand = await work('sweepStorage', new Date(clock.now() + MINUTE_MS)); // as if it had been fired twice
    expect([byHand, worked, firedCount]).toEqual([{ attempts: 1 }, [`sweepStorage ${due.toISOString()}`], 1]);
    expect(await runOf('sweepStorage', due)).toMatchObject({ state: 'done', attempts: 1, madeUpAt: new Date(clock.now()).toISOString() });
    expect([await lookAfter(), await missed()]).toEqual([0, []]);
  });

  it('is made up for also when somebody had begun it and died', async () => {
    const dying = runJob({ ...systemWorld, clock, scheduledAt: due }, { job: 'sweepStorage', leaseMs: 60_000 }, () =>
      Promise.reject(new Error()),
    );
    await expect(dying).rejects.toThrow();
    clock.advance(HOUR_MS);
    expect(await lookAfter()).toBe(1);
    await waitUntil('it was done', isDone, 5_000);
    expect(await runOf('sweepStorage', due)).toMatchObject({ attempts: 2 });
  });

  it('is asked for each minute until somebody has begun; after half an hour it is missed, and told', async () => {
    isReachable = false;
    clock.advance(2 * HOUR_MS);
    for (let minute = 0; minute < 3; minute += 1) {
      expect([await lookAfter(), await missed()]).toEqual([1, []]);
      await waitUntil('it was fired', () => firedCount === minute + 1, 5_000);
      clock.advance(MINUTE_MS);
    }
    clock.advance(27 * MINUTE_MS);
    expect([await lookAfter(), await missed()]).toEqual([0, [{ job: 'sweepStorage', reason: 'late', at: due.toISOString() }]]);
    isReachable = true;
    await work('sweepStorage', new Date(clock.now())); // by hand
    expect([await missed(), worked]).toEqual([[], [`sweepStorage ${new Date(clock.now()).toISOString()}`]]);
  });

  it('is asked for after the one that is overdue longer, one in a pass', async () => {
    clock.advance(5 * HOUR_MS);
    const both = { sweepStorage, backUpDatabase };
    expect(await lookAfter(both)).toBe(1);
    await waitUntil('the first was done', () => worked.length === 1, 5_000);
    clock.advance(MINUTE_MS);
    expect(await lookAfter(both)).toBe(1);
    await waitUntil('the second was done', () => worked.length === 2, 5_000);
    expect(worked.map((line) => line.split(' ')[0])).toEqual(['backUpDatabase', 'sweepStorage']);
    expect(await lookAfter(both)).toBe(0);
  });

  it('is not asked for where somebody has paused its job', async () => {
    const { GOOGLE_CLOUD_PROJECT, REGION } = config();
    const name = `projects/${GOOGLE_CLOUD_PROJECT}/locations/${REGION}/jobs/sweepStorage`;
    await (await schedulerClient()).pauseJob({ name });
    clock.advance(5 * HOUR_MS);
    expect([await lookAfter(), firedCount]).toEqual([0, 0]);
    expect(await missed()).toEqual([{ job: 'sweepStorage', reason: 'paused', at: expect.any(String) }]);
  });
});
