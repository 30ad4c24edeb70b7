import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startScheduler } from '../../scripts/local/scheduler/index.ts';
import { EMAIL, PARENT, startBench } from './schedulerHarness.ts';

const ALREADY_EXISTS = 6;
const NOT_FOUND = 5;
const INVALID_ARGUMENT = 3;
const FAILED_PRECONDITION = 9;
const UNIMPLEMENTED = 12;

describe('the jobs of the local Cloud Scheduler, by the official client', () => {
  let bench: Awaited<ReturnType<typeof startBench>>;
  beforeEach(async () => {
    bench = await startBench('2026-03-01T00:00:30Z');
  });
  afterEach(() => bench.close());

  const uri = 'http://localhost:1/advanceGenerations';
  const create = (id: string, more: object = {}) =>
    bench.client.createJob({ parent: PARENT, job: { name: bench.jobNamed(id), schedule: '* * * * *', httpTarget: { uri }, ...more } });
  const stored = async (id: string) =>
    JSON.parse(await readFile(bench.options.file, 'utf8')).jobs.find((job: { name: string }) => job.name === bench.jobNamed(id));
  const refused = (code: number, details: RegExp) => expect.objectContaining({ code, details: expect.stringMatching(details) });

  it('shows a new job with the defaults of the service filled in, and keeps it on disk', async () => {
    await create('worker', { httpTarget: { uri, httpMethod: 'POST', body: Buffer.from('{}'), oidcToken: { serviceAccountEmail: EMAIL } } });
    expect(await stored('worker')).toEqual({
      name: bench.jobNamed('worker'),
      schedule: '* * * * *',
      timeZone: 'Etc/UTC',
      httpTarget: {
        uri,
        httpMethod: 'POST',
        headers: { 'Content-Type': 'application/octet-stream', 'User-Agent': 'Google-Cloud-Scheduler' },
        body: 'e30=',
        oidcToken: { serviceAccountEmail: EMAIL, audience: uri },
      },
      retryConfig: { retryCount: 0, maxRetryDuration: '0s', minBackoffDuration: '5s', maxBackoffDuration: '3600s', maxDoublings: 5 },
      attemptDeadline: '180s',
      state: 'ENABLED',
      userUpdateTime: '2026-03-01T00:00:30.000Z',
      scheduleTime: '2026-03-01T00:01:00.000Z',
    });
    const [job] = await bench.client.getJob({ name: bench.jobNamed('worker') });
    expect(job).toMatchObject({
      name: bench.jobNamed('worker'),
      state: 'ENABLED',
      scheduleTime: { seconds: String(Date.parse('2026-03-01T00:01:00Z') / 1000), nanos: 0 },
      attemptDeadline: { seconds: '180', nanos: 0 },
      httpTarget: { uri, httpMethod: 'POST', body: Buffer.from('{}'), oidcToken: { serviceAccountEmail: EMAIL, audience: uri } },
    });
  });

  it('gives a job without a name one of its own', async () => {
    const [job] = await bench.client.createJob({ parent: PARENT, job: { schedule: '0 4 * * *', httpTarget: { uri } } });
    expect(job.name).toMatch(/\/jobs\/\d{20}$/);
  });

  it('lists the jobs of a location page by page, each once', async () => {
    for (const id of ['c', 'a', 'b']) await create(id);
    await bench.client.createJob({ parent: 'projects/demo-sori/locations/us-east1', job: { schedule: '* * * * *', httpTarget: { uri } } });
    const [first, , answer] = await bench.client.listJobs({ parent: PARENT, pageSize: 2 }, { autoPaginate: false });
    expect(first.map((job) => job.name)).toEqual([bench.jobNamed('a'), bench.jobNamed('b')]);
    const pageToken = answer?.nextPageToken ?? '';
    const [second, , last] = await bench.client.listJobs({ parent: PARENT, pageSize: 2, pageToken }, { autoPaginate: false });
    expect(second.map((job) => job.name)).toEqual([bench.jobNamed('c')]);
    expect(last?.nextPageToken).toBe('');
    const [all] = await bench.client.listJobs({ parent: PARENT });
    expect(all).toHaveLength(3);
  });

  it('changes the fields that the update mask names, and no other', async () => {
    await create('worker', { description: 'old', httpTarget: { uri, headers: { 'X-Old': '1' } } });
    const before = await stored('worker');
    bench.clock.moveTo('2026-03-01T00:00:40Z');
    await bench.client.updateJob({
      job: {
        name: before.name,
        schedule: '0 4 * * *',
        timeZone: 'Asia/Seoul',
        description: 'not in the mask',
        httpTarget: { uri: 'http://localhost:2/' },
      },
      updateMask: { paths: ['schedule', 'time_zone', 'http_target.uri', 'state'] },
    });
    expect(await stored('worker')).toEqual({
      ...before,
      schedule: '0 4 * * *',
      timeZone: 'Asia/Seoul',
      httpTarget: { ...before.httpTarget, uri: 'http://localhost:2/' },
      userUpdateTime: '2026-03-01T00:00:40.000Z',
      scheduleTime: '2026-03-01T19:00:00.000Z',
    });
  });

  it('changes the fields that are given when there is no mask', async () => {
    await create('worker', { description: 'kept' });
    const before = await stored('worker');
    await bench.client.updateJob({ job: { name: before.name, retryConfig: { retryCount: 5 } } });
    expect(await stored('worker')).toEqual({ ...before, retryConfig: { ...before.retryConfig, retryCount: 5 } });
  });

  it('pauses and resumes a job, each only in the other state', async () => {
    await create('worker');
    const name = bench.jobNamed('worker');
    await expect(bench.client.resumeJob({ name })).rejects.toEqual(refused(FAILED_PRECONDITION, /is ENABLED, not PAUSED/));
    const [paused] = await bench.client.pauseJob({ name });
    expect(paused).toMatchObject({ state: 'PAUSED', scheduleTime: null });
    await expect(bench.client.pauseJob({ name })).rejects.toEqual(refused(FAILED_PRECONDITION, /is PAUSED, not ENABLED/));
    const [resumed] = await bench.client.resumeJob({ name });
    expect(resumed).toMatchObject({ state: 'ENABLED', scheduleTime: { seconds: String(Date.parse('2026-03-01T00:01:00Z') / 1000) } });
  });

  it('refuses a name that is taken and calls on a job that is not there', async () => {
    await create('worker');
    await expect(create('worker')).rejects.toEqual(refused(ALREADY_EXISTS, /already exists/));
    await bench.client.deleteJob({ name: bench.jobNamed('worker') });
    const name = bench.jobNamed('worker');
    const missing = refused(NOT_FOUND, /was not found/);
    await expect(bench.client.getJob({ name })).rejects.toEqual(missing);
    await expect(bench.client.deleteJob({ name })).rejects.toEqual(missing);
    await expect(bench.client.runJob({ name })).rejects.toEqual(missing);
    await expect(bench.client.pauseJob({ name })).rejects.toEqual(missing);
    await expect(bench.client.resumeJob({ name })).rejects.toEqual(missing);
    await expect(bench.client.updateJob({ job: { name } })).rejects.toEqual(missing);
  });

  it.each([
    ['a schedule of six fields', { schedule: '0 * * * * *' }, /Job\.schedule/],
    ['a schedule in English', { schedule: 'every 5 minutes' }, /Job\.schedule/],
    ['a minute that no hour has', { schedule: '60 * * * *' }, /Job\.schedule/],
    ['an extension of the cron library', { schedule: '0 0 L * *' }, /Job\.schedule/],
    ['a day that never comes', { schedule: '0 0 30 2 *' }, /never comes/],
    ['an unknown time zone', { timeZone: 'Asia/Atlantis' }, /Job\.timeZone/],
    ['a name with a blank', { name: `${PARENT}/jobs/a b` }, /Job\.name/],
    ['a name in another location', { name: 'projects/demo-sori/locations/us-east1/jobs/a' }, /parent/],
    ['a target that is no URL', { httpTarget: { uri: 'localhost' } }, /Job\.httpTarget\.uri/],
    ['a body for GET', { httpTarget: { uri, httpMethod: 'GET', body: Buffer.from('x') } }, /Job\.httpTarget: a body/],
    ['six retries', { retryConfig: { retryCount: 6 } }, /Job\.retryConfig\.retryCount/],
    ['a deadline of 5 s', { attemptDeadline: { seconds: 5 } }, /Job\.attemptDeadline/],
    ['no target', { httpTarget: undefined }, /Job\.httpTarget/],
  ])('refuses %s, and stores nothing', async (_what, more, details) => {
    await expect(create('worker', more)).rejects.toEqual(refused(INVALID_ARGUMENT, details));
    const [jobs] = await bench.client.listJobs({ parent: PARENT });
    expect(jobs).toEqual([]);
  });

  it('says that a Pub/Sub target is not part of it', async () => {
    const job = { httpTarget: undefined, pubsubTarget: { topicName: 'projects/demo-sori/topics/t' } };
    await expect(create('worker', job)).rejects.toEqual(refused(UNIMPLEMENTED, /only HTTP targets/));
  });

  it('keeps the jobs through a restart, and leaves out what was due meanwhile', async () => {
    await create('worker');
    await create('paused');
    await bench.client.pauseJob({ name: bench.jobNamed('paused') });
    const [worker, paused] = [await stored('worker'), await stored('paused')];
    await bench.restart('2026-03-01T08:15:10Z');
    expect(await stored('worker')).toEqual({ ...worker, scheduleTime: '2026-03-01T08:16:00.000Z' });
    expect(await stored('paused')).toEqual(paused);
  });

  it('does not start with a file that holds something else, and leaves it alone', async () => {
    await create('worker');
    await writeFile(bench.options.file, '{"jobs": [{}]}');
    await expect(startScheduler(bench.options)).rejects.toThrow(/jobs\.json does not hold the scheduler's jobs/);
    expect(await readFile(bench.options.file, 'utf8')).toBe('{"jobs": [{}]}');
  });
});
