/** G11 over HTTP, as Cloud Scheduler fires a job: twice, late, in parallel, after a failure, by hand. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { JOBS, runJob } from '#shared/jobs';
import { database, fromDocument } from '#shared/runtime';
import { sweepStorage } from '../../functions/scheduled/sweepStorage.ts';
import { waitUntil } from '../../scripts/local/waitUntil.ts';
import type { TestCaller } from '../support/callers.ts';
import { TestClock } from '../support/clock.ts';
import { type House, openHouse } from '../support/openHouse.ts';

const DUE = '2026-11-23T04:30:00+09:00';

/** What the job below does: the test lets it wait or fail. */
let work: (dueAt: string) => Promise<void>;
let begun: string[] = [];

const countDay = defineEndpoint({
  name: 'countDay',
  method: 'POST',
  summary: 'Counts a day',
  access: 'scheduler',
  feature: 'none',
  needs: {},
  rate: 'none',
  budget: { reads: 10, writes: 10 },
  input: z.strictObject({}),
  output: z.strictObject({ dueAt: z.string() }),
  errors: ['run_under_way'],
  cache: 'none',
  schedule: JOBS.sweepStorage,
  examples: [],
  handler: (_input, _caller, context) =>
    runJob(context, { job: 'countDay', leaseMs: 120_000 }, async ({ scheduledAt }) => {
      const dueAt = scheduledAt.toISOString();
      begun.push(dueAt);
      await work(dueAt);
      return { dueAt };
    }),
});

const clock = new TestClock(Date.parse('2026-11-22T19:30:20Z'));
let house: House;
let scheduler: TestCaller;

beforeAll(async () => {
  house = await openHouse({ world: { clock }, endpoints: [countDay] });
  scheduler = house.outsiders.find(({ name }) => name === 'scheduler')!;
});
afterAll(() => house.close());

/** As Cloud Scheduler does. */
async function fire(time: string | undefined) {
  const headers = time === undefined ? {} : { 'X-CloudScheduler-ScheduleTime': time };
  return house.service.call(countDay, {}, { token: await scheduler.tokenFor('countDay'), headers });
}

function does(next: typeof work): void {
  begun = [];
  work = next;
}

async function stored(runId: string) {
  const data = (await (await database()).doc(`jobRuns/${runId}`).get()).data();
  return data && fromDocument(data);
}

describe('A recurring job', () => {
  it('that is fired twice is done once, and answers the same', async () => {
    does(async () => {});
    const [first, second] = [await fire(DUE), await fire(DUE)];
    const answer = { dueAt: '2026-11-22T19:30:00.000Z' };
    expect([first.status, first.body, second.status, second.body, begun]).toEqual([200, answer, 200, answer, [answer.dueAt]]);
    expect(await stored('countDay_20261122T193000Z')).toEqual({
      job: 'countDay',
      scheduledAt: '2026-11-22T19:30:00.000Z',
      state: 'done',
      claimId: expect.stringMatching(/^clm_/),
      leaseUntilAt: expect.any(String),
      attempts: 1,
      startedAt: '2026-11-22T19:30:20.000Z',
      doneAt: '2026-11-22T19:30:20.000Z',
      result: answer,
      madeUpAt: null,
      expireAt: expect.any(String),
    });
  });

  it('that is fired many times at once is done once, and the others are told to come again', async () => {
    let answeredCount = 0;
    does(() => waitUntil('the others answered', () => answeredCount === 5, 10_000));
    const firings = Array.from({ length: 6 }, async () => {
      const answer = await fire('2026-11-23T19:30:00Z');
      answeredCount += 1;
      return answer;
    });
    const answers = await Promise.all(firings);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.map(({ status, problem }) => [status, problem?.code])).toEqual(Array.from({ length: 5 }, () => [409, 'run_under_way']));
    expect(refused.map(({ headers }) => Number(headers.get('retry-after')) > 0)).toEqual(Array.from({ length: 5 }, () => true));
    const again = await fire('2026-11-23T19:30:00Z');
    expect([again.status, again.body, begun]).toEqual([200, { dueAt: '2026-11-23T19:30:00.000Z' }, ['2026-11-23T19:30:00.000Z']]);
  });

  it('that comes hours late is told when it was due', async () => {
    does(async () => {});
    clock.advance(7 * 60 * 60_000);
    const { body } = await fire('2026-11-21T19:30:00.123456Z');
    expect(body).toEqual({ dueAt: '2026-11-21T19:30:00.000Z' });
  });

  it('that fails is begun anew at the next firing, without waiting for a lease', async () => {
    does(() => Promise.reject(new Error('the bucket is full')));
    const time = '2026-11-24T19:30:00Z';
    expect((await fire(time)).status).toBe(500);
    expect(await stored('countDay_20261124T193000Z')).toMatchObject({ state: 'running', attempts: 1, doneAt: null, result: null });
    does(async () => {});
    expect((await fire(time)).status).toBe(200);
    expect(await stored('countDay_20261124T193000Z')).toMatchObject({ state: 'done', attempts: 2 });
  });

  it.each([
    ['nobody says', undefined],
    ['nobody can read', 'tomorrow at noon'],
  ])('is done once a minute when %s when it was due', async (_what, time) => {
    does(async () => {});
    clock.advance(60_000);
    const minute = new Date(Math.floor(clock.now() / 60_000) * 60_000).toISOString();
    const [first, second] = [await fire(time), await fire(time)];
    clock.advance(60_000);
    const third = await fire(time);
    expect([first.body, second.body, third.status, begun.length]).toEqual([{ dueAt: minute }, { dueAt: minute }, 200, 2]);
  });

  it('takes its time from nobody but the Scheduler', async () => {
    does(async () => {});
    const headers = { 'X-CloudScheduler-ScheduleTime': DUE };
    expect((await house.service.call(countDay, {}, { headers })).status).toBe(401);
    expect(begun).toEqual([]);
  });

  it('goes on after something spoiled by hand', async () => {
    does(async () => {});
    await (await database()).doc('jobRuns/countDay_20261125T193000Z').set({ state: 'no such state' });
    expect((await fire('2026-11-25T19:30:00Z')).status).toBe(200);
    expect(await stored('countDay_20261125T193000Z')).toMatchObject({ state: 'done', attempts: 1 });
  });
});

describe('Every job that claims its runs', () => {
  const claiming = Object.entries(JOBS).filter(([, { isClaimed }]) => isClaimed);

  it.each(claiming)('is declared so in its definition: %s', (name, job) => {
    const { errors, schedule } = house.endpoint(name);
    expect([schedule, errors]).toEqual([job, expect.arrayContaining(['run_under_way'])]);
  });

  it.each(claiming)('is fired again after the lease of a run that has died: %s', (name, { retries, backoffS }) => {
    const lastRetryS = Array.from({ length: retries }, (_, retry) => backoffS * 2 ** retry).reduce((sum, pauseS) => sum + pauseS, 0);
    expect(lastRetryS).toBeGreaterThan(house.endpoint(name).resources.timeoutS);
  });

  it('is in the table, as all that recurs is', () => {
    const scheduled = house.service.endpoints.filter(({ name, schedule }) => schedule && name !== 'countDay').map(({ name }) => name);
    expect(Object.keys(JOBS).sort()).toEqual(scheduled.sort());
  });
});

describe('sweepStorage', () => {
  it('is done once a night', async () => {
    const headers = { 'X-CloudScheduler-ScheduleTime': DUE };
    const token = await scheduler.tokenFor('sweepStorage');
    const first = await house.service.call(sweepStorage, {}, { token, headers });
    const second = await house.service.call(sweepStorage, {}, { token, headers });
    expect([first.status, second.status, second.body]).toEqual([200, 200, first.body]);
    expect(await stored('sweepStorage_20261122T193000Z')).toMatchObject({ state: 'done', attempts: 1, result: { isDone: true } });
  });
});
