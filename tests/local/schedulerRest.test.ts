import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { backoffMs } from '../../scripts/local/scheduler/jobRunner.ts';
import { inZone } from '../../scripts/local/scheduler/schedule.ts';
import { PARENT, startBench } from './schedulerHarness.ts';

describe('the REST form of the local Cloud Scheduler', () => {
  let bench: Awaited<ReturnType<typeof startBench>>;
  beforeEach(async () => {
    bench = await startBench('2026-03-01T00:00:30Z');
  });
  afterEach(() => bench.close());

  const call = async (method: string, path: string, body?: unknown) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await fetch(`${bench.scheduler.url}/v1/${path}`, { method, ...(body === undefined ? {} : { body: text }) });
    return { status: answer.status, json: await answer.json() };
  };
  const create = (id: string) =>
    call('POST', `${PARENT}/jobs`, { name: bench.jobNamed(id), schedule: '* * * * *', httpTarget: { uri: `${bench.target.url}/work` } });

  it('creates, shows, changes, pauses, resumes and deletes the jobs that gRPC sees', async () => {
    const created = await create('worker');
    expect(created).toMatchObject({ status: 200, json: { name: bench.jobNamed('worker'), state: 'ENABLED', attemptDeadline: '180s' } });
    expect((await bench.client.getJob({ name: bench.jobNamed('worker') }))[0].schedule).toBe('* * * * *');
    expect(await call('GET', bench.jobNamed('worker'))).toEqual(created);
    const changed = await call('PATCH', `${bench.jobNamed('worker')}?updateMask=schedule,retry_config.retryCount`, {
      schedule: '0 4 * * *',
      retryConfig: { retryCount: 2 },
      description: 'not in the mask',
    });
    expect(changed.json).toEqual({
      ...created.json,
      schedule: '0 4 * * *',
      retryConfig: { ...created.json.retryConfig, retryCount: 2 },
      scheduleTime: '2026-03-01T04:00:00.000Z',
    });
    const { scheduleTime: _, ...unscheduled } = changed.json;
    expect(await call('POST', `${bench.jobNamed('worker')}:pause`)).toEqual({ status: 200, json: { ...unscheduled, state: 'PAUSED' } });
    expect(await call('POST', `${bench.jobNamed('worker')}:resume`, {})).toEqual({ status: 200, json: changed.json });
    expect(await call('DELETE', bench.jobNamed('worker'))).toEqual({ status: 200, json: {} });
    expect(await call('GET', `${PARENT}/jobs`)).toEqual({ status: 200, json: { jobs: [] } });
  });

  it('runs a job', async () => {
    await create('worker');
    expect((await call('POST', `${bench.jobNamed('worker')}:run`)).status).toBe(200);
    await bench.target.called(1);
    expect(bench.target.times()).toEqual(['2026-03-01T00:00:30Z']);
  });

  it('lists page by page', async () => {
    for (const id of ['a', 'b']) await create(id);
    const { json } = await call('GET', `${PARENT}/jobs?pageSize=1`);
    expect(json).toMatchObject({ jobs: [{ name: bench.jobNamed('a') }], nextPageToken: expect.any(String) });
    const last = await call('GET', `${PARENT}/jobs?pageSize=1&pageToken=${json.nextPageToken}`);
    expect(last.json.jobs.map((job: { name: string }) => job.name)).toEqual([bench.jobNamed('b')]);
    expect(last.json).not.toHaveProperty('nextPageToken');
  });

  it('gives enumerations as numbers to a client that asks for it', async () => {
    await create('worker');
    const { json } = await call('GET', `${bench.jobNamed('worker')}?$alt=json%3Benum-encoding=int`);
    expect(json).toMatchObject({ state: 1, httpTarget: { httpMethod: 1 } });
  });

  it.each([
    ['a job that is not there', 'GET', `${PARENT}/jobs/none`, undefined, 404, 'NOT_FOUND'],
    ['a method that is not there', 'POST', `${PARENT}/jobs/none:stop`, undefined, 404, 'NOT_FOUND'],
    ['a body that is no JSON', 'POST', `${PARENT}/jobs`, '{', 400, 'INVALID_ARGUMENT'],
    ['a body that is no object', 'POST', `${PARENT}/jobs`, [], 400, 'INVALID_ARGUMENT'],
    ['a field of another type', 'POST', `${PARENT}/jobs`, { schedule: 5 }, 400, 'INVALID_ARGUMENT'],
    ['a body of more than 1 MiB', 'POST', `${PARENT}/jobs`, { description: 'x'.repeat(1024 * 1024) }, 400, 'INVALID_ARGUMENT'],
    ['a page token that it never gave', 'GET', `${PARENT}/jobs?pageToken=x`, undefined, 400, 'INVALID_ARGUMENT'],
    ['a page size that is no number', 'GET', `${PARENT}/jobs?pageSize=x`, undefined, 400, 'INVALID_ARGUMENT'],
  ])('refuses %s', async (_what, method, path, body, status, code) => {
    expect(await call(method, path, body)).toEqual({
      status,
      json: { error: { code: status, message: expect.any(String), status: code } },
    });
  });

  it('refuses a second job of the same name with 409', async () => {
    await create('worker');
    expect(await create('worker')).toMatchObject({ status: 409, json: { error: { status: 'ALREADY_EXISTS' } } });
  });
});

describe('the figures of the local Cloud Scheduler', () => {
  it('waits for retries as its documentation shows: doubling, then growing evenly, then the longest wait', () => {
    const config = { retryCount: 5, maxRetryDuration: '0s', minBackoffDuration: '10s', maxBackoffDuration: '300s', maxDoublings: 3 };
    const waitsS = [1, 2, 3, 4, 5, 6, 7, 8].map((failures) => backoffMs(config, failures) / 1000);
    expect(waitsS).toEqual([10, 20, 40, 80, 160, 240, 300, 300]);
  });

  it.each([
    ['Etc/UTC', '2026-03-01T00:00:00Z'],
    ['Asia/Seoul', '2026-03-01T09:00:00+09:00'],
    ['Asia/Kathmandu', '2026-03-01T05:45:00+05:45'],
    ['America/St_Johns', '2026-02-28T20:30:00-03:30'],
  ])('writes a time of %s with its offset', (zone, expected) => {
    expect(inZone(Date.parse('2026-03-01T00:00:00Z'), zone)).toBe(expected);
  });
});
