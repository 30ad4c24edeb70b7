import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../scripts/local/waitUntil.ts';
import { EMAIL, PARENT, startBench } from './schedulerHarness.ts';

const INTERNAL = 13;
const UNAUTHENTICATED = 16;
const DEADLINE_EXCEEDED = 4;
const UNAVAILABLE = 14;

describe('runs of the local Cloud Scheduler', () => {
  let bench: Awaited<ReturnType<typeof startBench>>;
  beforeEach(async () => {
    bench = await startBench('2026-03-01T00:00:30Z');
  });
  afterEach(() => bench.close());

  const create = (more: object = {}, target: object = {}) =>
    bench.client.createJob({
      parent: PARENT,
      job: { name: bench.jobNamed('worker'), schedule: '* * * * *', httpTarget: { uri: `${bench.target.url}/work`, ...target }, ...more },
    });
  const job = async () => (await bench.client.getJob({ name: bench.jobNamed('worker') }))[0];
  const at = (iso: string) => ({ seconds: String(Date.parse(iso) / 1000), nanos: 0 });
  /** Waits until the job shows this as its next time: the run before is over, or waits for a retry. */
  const nextIs = (iso: string) => waitUntil(`next time ${iso}`, async () => (await job()).scheduleTime?.seconds === at(iso).seconds, 5000);
  /** Holds all answers of the target back until `release`. */
  const held = () => {
    const { promise, resolve: release } = Promise.withResolvers<void>();
    bench.target.respond = () => promise.then(() => 200);
    return release;
  };

  it('call the target with its method, body and headers, the headers of Cloud Scheduler, and a token for the account', async () => {
    const headers = {
      'Content-Type': 'application/json',
      'X-Own': 'kept',
      'X-CloudScheduler-JobName': 'forged',
      authorization: 'Basic forged',
    };
    await create(
      { timeZone: 'Asia/Seoul' },
      { httpMethod: 'PUT', headers, body: Buffer.from('{"a":1}'), oidcToken: { serviceAccountEmail: EMAIL } },
    );
    bench.clock.moveTo('2026-03-01T00:01:00Z');
    await bench.target.called(1);
    const { host: _host, connection: _connection, ...sent } = bench.target.calls[0]?.headers ?? {};
    expect({ ...bench.target.calls[0], headers: sent }).toEqual({
      method: 'PUT',
      url: '/work',
      body: '{"a":1}',
      headers: {
        accept: '*/*',
        'accept-encoding': expect.any(String),
        authorization: `Bearer token(${EMAIL} for ${bench.target.url}/work)`,
        'content-length': '7',
        'content-type': 'application/json',
        'user-agent': 'Google-Cloud-Scheduler',
        'x-cloudscheduler': 'true',
        'x-cloudscheduler-jobname': 'worker',
        'x-cloudscheduler-scheduletime': '2026-03-01T09:01:00+09:00',
        'x-own': 'kept',
      },
    });
    await nextIs('2026-03-01T00:02:00Z');
    expect(await job()).toMatchObject({ lastAttemptTime: at('2026-03-01T00:01:00Z'), status: { code: 0 } });
  });

  it('call a target without a body as no form', async () => {
    await create();
    bench.clock.moveTo('2026-03-01T00:01:00Z');
    await bench.target.called(1);
    expect(bench.target.calls[0]).toMatchObject({ method: 'POST', body: '', headers: { 'content-length': '0' } });
    expect(bench.target.calls[0]?.headers).not.toHaveProperty('content-type');
  });

  it('ask for a token of the audience that the job names', async () => {
    await create({}, { oidcToken: { serviceAccountEmail: EMAIL, audience: 'https://sori.example' } });
    bench.clock.moveTo('2026-03-01T00:01:00Z');
    await bench.target.called(1);
    expect(bench.target.calls[0]?.headers.authorization).toBe(`Bearer token(${EMAIL} for https://sori.example)`);
  });

  it('do not call the target when no token can be had', async () => {
    bench.options.mintOidcToken = () => Promise.reject(new Error('the key is secret'));
    await bench.restart('2026-03-01T00:00:40Z');
    await create({}, { oidcToken: { serviceAccountEmail: EMAIL } });
    bench.clock.moveTo('2026-03-01T00:01:00Z');
    await nextIs('2026-03-01T00:02:00Z');
    expect(bench.target.calls).toEqual([]);
    expect((await job()).status).toMatchObject({ code: UNAUTHENTICATED, message: 'No OIDC token could be made for the service account.' });
  });

  it('are repeated after a failure with the same schedule time, doubling the wait, and then go on with the schedule', async () => {
    bench.target.respond = () => 500;
    await create({ schedule: '0 4 * * *', timeZone: 'Asia/Seoul', retryConfig: { retryCount: 3, maxBackoffDuration: { seconds: 15 } } });
    bench.clock.moveTo('2026-03-01T19:00:00Z');
    for (const retryAt of ['2026-03-01T19:00:05Z', '2026-03-01T19:00:15Z', '2026-03-01T19:00:30Z']) {
      await nextIs(retryAt);
      expect((await job()).status).toMatchObject({ code: INTERNAL, message: 'The target answered 500.' });
      bench.clock.moveTo(retryAt);
    }
    await nextIs('2026-03-02T19:00:00Z');
    expect(bench.target.times()).toEqual(Array(4).fill('2026-03-02T04:00:00+09:00'));
    expect((await job()).lastAttemptTime).toEqual(at('2026-03-01T19:00:30Z'));
  });

  it('end their retries with the first success, any 2xx', async () => {
    bench.target.respond = () => (bench.target.calls.length === 1 ? 503 : 204);
    await create({ retryConfig: { retryCount: 5 } });
    bench.clock.moveTo('2026-03-01T00:01:00Z');
    await nextIs('2026-03-01T00:01:05Z');
    bench.clock.moveTo('2026-03-01T00:01:05Z');
    await nextIs('2026-03-01T00:02:00Z');
    expect(bench.target.calls).toHaveLength(2);
    expect((await job()).status).toMatchObject({ code: 0 });
  });

  it('are not repeated when the retry would come after the next time of the schedule', async () => {
    bench.target.respond = () => 500;
    await create({ retryConfig: { retryCount: 5, minBackoffDuration: { seconds: 90 } } });
    bench.clock.moveTo('2026-03-01T00:01:00Z');
    await nextIs('2026-03-01T00:02:00Z');
    expect(bench.target.calls).toHaveLength(1);
  });

  it('are broken off at the attempt deadline', async () => {
    const release = held();
    await create({ schedule: '0 * * * *', attemptDeadline: { seconds: 30 } });
    bench.clock.moveTo('2026-03-01T01:00:00Z');
    await bench.target.called(1);
    bench.clock.moveTo('2026-03-01T01:00:30Z');
    await nextIs('2026-03-01T02:00:00Z');
    expect((await job()).status?.code).toBe(DEADLINE_EXCEEDED);
    release();
  });

  it('count a target that is not there as unavailable', async () => {
    await create({}, { uri: 'http://127.0.0.1:1/' });
    bench.clock.moveTo('2026-03-01T00:01:00Z');
    await nextIs('2026-03-01T00:02:00Z');
    expect((await job()).status?.code).toBe(UNAVAILABLE);
  });

  it('are put off while the one before is running, and only one of them is made up for', async () => {
    const release = held();
    await create();
    bench.clock.moveTo('2026-03-01T00:01:00Z');
    await bench.target.called(1);
    bench.clock.moveTo('2026-03-01T00:02:00Z');
    bench.clock.moveTo('2026-03-01T00:03:50Z');
    await job(); // a round trip, in which a second run would have begun
    expect(bench.target.calls).toHaveLength(1);
    release();
    await nextIs('2026-03-01T00:04:00Z');
    expect(bench.target.times()).toEqual(['2026-03-01T00:01:00Z', '2026-03-01T00:02:00Z']);
  });

  it('start at once when they are asked for, also while the job is running', async () => {
    const release = held();
    await create();
    bench.clock.moveTo('2026-03-01T00:01:00Z');
    await bench.target.called(1);
    bench.clock.moveTo('2026-03-01T00:01:20.5Z');
    await bench.client.runJob({ name: bench.jobNamed('worker') });
    await bench.target.called(2);
    release();
    await nextIs('2026-03-01T00:02:00Z');
    expect(bench.target.times()).toEqual(['2026-03-01T00:01:00Z', '2026-03-01T00:01:20.500Z']);
  });

  it('stop while the job is paused, and go on at the next time after it is resumed', async () => {
    await create();
    await bench.client.pauseJob({ name: bench.jobNamed('worker') });
    bench.clock.moveTo('2026-03-01T00:05:30Z');
    await bench.client.resumeJob({ name: bench.jobNamed('worker') });
    bench.clock.moveTo('2026-03-01T00:06:00Z');
    await nextIs('2026-03-01T00:07:00Z');
    expect(bench.target.times()).toEqual(['2026-03-01T00:06:00Z']);
  });

  it('follow a schedule that is changed, and end with the job', async () => {
    await create();
    await bench.client.updateJob({ job: { name: bench.jobNamed('worker'), schedule: '*/10 * * * *' } });
    bench.clock.moveTo('2026-03-01T00:10:00Z');
    await nextIs('2026-03-01T00:20:00Z');
    await bench.client.deleteJob({ name: bench.jobNamed('worker') });
    bench.clock.moveTo('2026-03-01T00:20:00Z');
    await bench.client.listJobs({ parent: PARENT }); // a round trip, in which a run would have begun
    expect(bench.target.times()).toEqual(['2026-03-01T00:10:00Z']);
  });

  it('are not made up for after a restart', async () => {
    await create();
    await bench.restart('2026-03-01T09:00:30Z');
    bench.clock.moveTo('2026-03-01T09:01:00Z');
    await nextIs('2026-03-01T09:02:00Z');
    expect(bench.target.times()).toEqual(['2026-03-01T09:01:00Z']);
  });

  it.each([
    ['right after the hour that spring leaves out', '2026-03-28T12:00:00Z', ['2026-03-29T03:00:00+02:00', '2026-03-30T02:30:00+02:00']],
    ['once in the hour that autumn repeats', '2026-10-24T12:00:00Z', ['2026-10-25T02:30:00+02:00', '2026-10-26T02:30:00+01:00']],
  ])('at 02:30 in Berlin come %s', async (_when, startsAt, expected) => {
    bench.clock.moveTo(startsAt);
    await create({ schedule: '30 2 * * *', timeZone: 'Europe/Berlin' });
    for (const time of expected) {
      await nextIs(time);
      bench.clock.moveTo(time);
    }
    await bench.target.called(2);
    expect(bench.target.times()).toEqual(expected);
  });
});
