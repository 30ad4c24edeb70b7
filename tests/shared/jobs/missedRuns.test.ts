import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Job, type MissedRun, makeUpRuns, missedRuns, runJob } from '#shared/jobs';
import { closeDatabase, config, database, schedulerClient, systemWorld } from '#shared/runtime';
import { type Scheduler, startScheduler } from '../../../scripts/local/scheduler/index.ts';
import { TestClock } from '../../support/clock.ts';
import { useOwnProject } from '../../support/service.ts';

const HOUR_MS = 60 * 60_000;
const DUE = '2026-11-22T19:30:00.000Z';

const nightly: Job = { cron: '30 4 * * *', retries: 3, backoffS: 180, isClaimed: true, graceMs: HOUR_MS };
const everyMinute: Job = { cron: '* * * * *', retries: 0, backoffS: 60, isClaimed: false, graceMs: 5 * 60_000 };

/** Declares the jobs a week before they are due, a minute after they would have been. */
const schedulerClock = new TestClock(Date.parse(DUE) - 7 * 24 * HOUR_MS + 60_000);
let directory: string;
let scheduler: Scheduler;
let names = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sori-missed-'));
  scheduler = await startScheduler({ file: join(directory, 'jobs.json'), clock: schedulerClock });
  useOwnProject({ CLOUD_SCHEDULER_ENDPOINT: scheduler.endpoint });
});
afterAll(async () => {
  await (await schedulerClient()).close();
  await scheduler.close();
  await closeDatabase();
  await rm(directory, { recursive: true, force: true });
});

/** A name that no other test has; Cloud Scheduler knows it. */
async function declared(job: Job, isPaused = false): Promise<string> {
  names += 1;
  const name = `job${names}`;
  const { GOOGLE_CLOUD_PROJECT, REGION } = config();
  const parent = `projects/${GOOGLE_CLOUD_PROJECT}/locations/${REGION}`;
  const client = await schedulerClient();
  const [made] = await client.createJob({
    parent,
    job: {
      name: `${parent}/jobs/${name}`,
      schedule: '0 0 1 1 *',
      httpTarget: { uri: 'http://127.0.0.1:9/' },
      retryConfig: { retryCount: job.retries },
    },
  });
  if (isPaused) await client.pauseJob({ name: made.name! });
  return name;
}

async function done(job: string, scheduledAt: string): Promise<void> {
  await runJob({ ...systemWorld, scheduledAt: new Date(scheduledAt) }, { job, leaseMs: 1000 }, async () => ({}));
}

function missedAt(now: string, jobs: Record<string, Job>): Promise<MissedRun[]> {
  return missedRuns({ clock: new TestClock(Date.parse(now)) }, jobs);
}

/** The watch asks for it, in vain: nobody is at the address of these jobs. */
function askedForAt(now: string, jobs: Record<string, Job>): Promise<number> {
  return makeUpRuns({ clock: new TestClock(Date.parse(now)) }, jobs);
}

describe('A job that claims its runs', () => {
  it('is missed once its grace is over, and no longer when it is done', async () => {
    const job = await declared(nightly);
    await done(job, '2026-11-21T19:30:00Z');
    expect(await askedForAt('2026-11-22T20:00:30Z', { [job]: nightly })).toBe(1);
    expect(await missedAt('2026-11-22T20:29:00Z', { [job]: nightly })).toEqual([]);
    expect(await missedAt('2026-11-22T20:31:00Z', { [job]: nightly })).toEqual([{ job, reason: 'late', at: DUE }]);
    await done(job, DUE);
    expect(await missedAt('2026-11-22T20:31:00Z', { [job]: nightly })).toEqual([]);
  });

  it('is missed when it was begun and has not come to its end', async () => {
    const job = await declared(nightly);
    const failing = runJob({ ...systemWorld, scheduledAt: new Date(DUE) }, { job, leaseMs: 1000 }, () =>
      Promise.reject(new Error('half-way')),
    );
    await expect(failing).rejects.toThrow('half-way');
    expect(await askedForAt('2026-11-22T20:00:30Z', { [job]: nightly })).toBe(1);
    expect(await missedAt('2026-11-22T21:00:00Z', { [job]: nightly })).toEqual([{ job, reason: 'late', at: DUE }]);
  });

  it('is not missed while a service that was away for a day comes back, and is missed when half an hour has not been enough', async () => {
    const job = await declared(nightly);
    await done(job, '2026-11-20T19:30:00Z');
    expect(await missedAt('2026-11-23T12:00:00Z', { [job]: nightly })).toEqual([]);
    expect(await askedForAt('2026-11-23T12:00:00Z', { [job]: nightly })).toBe(1);
    expect(await missedAt('2026-11-23T12:29:00Z', { [job]: nightly })).toEqual([]);
    expect(await missedAt('2026-11-23T12:30:00Z', { [job]: nightly })).toEqual([{ job, reason: 'late', at: DUE }]);
  });

  it('is made up for by a run that was fired by hand afterwards', async () => {
    const job = await declared(nightly);
    await done(job, '2026-11-22T20:45:10Z');
    expect(await missedAt('2026-11-22T21:00:00Z', { [job]: nightly })).toEqual([]);
  });

  it('has missed nothing of the time before it was declared', async () => {
    const job = await declared(nightly);
    expect(await missedAt(new Date(schedulerClock.now() + HOUR_MS).toISOString(), { [job]: nightly })).toEqual([]);
  });
});

describe('A job that claims nothing', () => {
  it('is missed when Cloud Scheduler has not tried it for longer than its grace', async () => {
    const job = await declared(everyMinute);
    const declaredAtMs = schedulerClock.now();
    expect(await missedAt(new Date(declaredAtMs + 4 * 60_000).toISOString(), { [job]: everyMinute })).toEqual([]);
    const late = new Date(declaredAtMs + 6 * 60_000).toISOString();
    expect(await missedAt(late, { [job]: everyMinute })).toEqual([{ job, reason: 'late', at: null }]);
  });
});

describe('Whatever it claims, a job', () => {
  it.each([
    ['nightly', nightly],
    ['every minute', everyMinute],
  ])('is missed when nobody has declared it, or somebody has paused it: %s', async (_name, job) => {
    const paused = await declared(job, true);
    const missed = await missedAt(new Date(schedulerClock.now() + 60_000).toISOString(), { [paused]: job, neverDeclared: job });
    expect(missed).toEqual([
      { job: paused, reason: 'paused', at: null },
      { job: 'neverDeclared', reason: 'absent', at: null },
    ]);
  });
});

describe('While Cloud Scheduler does not answer', () => {
  it('jobs that claim are judged by their runs alone, the others by nothing', async () => {
    const [job, other] = [await declared(nightly), await declared(everyMinute)];
    await done(job, '2026-11-20T19:30:00Z');
    await scheduler.close();
    const jobs = { [job]: nightly, [other]: everyMinute, neverRun: nightly };
    expect(await askedForAt('2026-11-22T20:00:30Z', jobs)).toBe(1);
    const missed = await missedAt('2026-11-22T21:00:00Z', jobs);
    expect(missed).toEqual([{ job, reason: 'late', at: DUE }]);
    expect((await (await database()).collection('jobRuns').where('job', '==', job).get()).size).toBe(2);
  }, 20_000);
});
