import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Diary } from '../../../scripts/local/sandbox/diary.ts';
import { waitUntil } from '../../../scripts/local/waitUntil.ts';
import { AUTO, type Bench, KEY, openBench } from './sandboxHarness.ts';

describe('The diary of the sandbox', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBench();
  });
  afterAll(() => bench.close());
  afterEach(() => {
    bench.sandbox.faults.delete();
    return bench.call('DELETE', '/sandbox/requests');
  });

  it('says when each request ended, what was answered and which faults struck', async () => {
    bench.sandbox.faults.add({ name: 'slow', delayMs: 1_500, times: 1 });
    bench.sandbox.faults.add({ name: 'acceptedThen502', times: 1 });
    await bench.call('POST', '/v3/music/generate', AUTO);
    const [{ at, endedAt, status, faults } = { at: 0, endedAt: 0, status: 0, faults: [] }] = bench.sandbox.requests();
    expect([(endedAt ?? 0) - at, status, faults]).toEqual([1_500, 502, ['slow', 'acceptedThen502']]);
  });

  it('leaves a request open until the client gives up, and then has no status for it', async () => {
    bench.sandbox.faults.add({ name: 'acceptedThenSilence', times: 1 });
    const gaveUp = new AbortController();
    const options = { method: 'POST', headers: { 'x-api-key': KEY }, body: JSON.stringify(AUTO), signal: gaveUp.signal };
    const call = fetch(`${bench.sandbox.url}/v3/music/generate`, options).catch(() => 'gave up');
    await waitUntil('accepted', () => bench.sandbox.requests()[0]?.faults.length === 1, 5_000);
    expect(bench.sandbox.requests()).toMatchObject([{ endedAt: null, status: null }]);
    bench.advance(30_000);
    gaveUp.abort();
    expect(await call).toBe('gave up');
    await waitUntil('ended', () => bench.sandbox.requests()[0]?.endedAt !== null, 5_000);
    const [{ at, endedAt, status } = { at: 0, endedAt: 0, status: 0 }] = bench.sandbox.requests();
    expect([(endedAt ?? 0) - at, status]).toEqual([30_000, null]);
  });

  it('tells only what came after a number, for one who follows', async () => {
    await bench.call('GET', '/v1/get_api_key_info');
    const [first] = bench.sandbox.requests();
    await bench.submit();
    const later = (await (await bench.call('GET', `/sandbox/requests?after=${first?.number}`)).json()) as { place: string }[];
    expect(later.map(({ place }) => place)).toEqual(['generate']);
  });

  it('counts the polls of each task one after the other as one at a time, however fast they follow', async () => {
    const [a = '', b = ''] = await bench.submit();
    for (let poll = 0; poll < 200; poll += 1) await bench.poll(poll % 4 === 0 ? [a, b] : [a]);
    expect(bench.sandbox.polls()).toEqual({ [a]: { count: 200, mostAtOnce: 1 }, [b]: { count: 50, mostAtOnce: 1 } });
  });

  it('notices that one task is asked for twice at once, and not that two tasks are', async () => {
    const [a = '', b = ''] = await bench.submit({ ...AUTO, style: 'folk' });
    bench.sandbox.faults.add({ name: 'drip', delayMs: 1 });
    await Promise.all([bench.poll([a]), bench.poll([b]), bench.poll([a])]);
    const polls = { [a]: { count: 2, mostAtOnce: 2 }, [b]: { count: 1, mostAtOnce: 1 } };
    expect(await (await bench.call('GET', '/sandbox/polls')).json()).toEqual(polls);
    await bench.poll([a]);
    expect(bench.sandbox.polls()[a]).toEqual({ count: 3, mostAtOnce: 2 });
  });

  it('stays within bounds, whatever comes: the last 10,000 requests, the last 20,000 tasks', () => {
    const diary = new Diary();
    for (let task = 0; task < 25_000; task += 1) {
      const request = { place: 'tasks', method: 'GET', path: '/v3/music/tasks', query: {}, body: null } as const;
      diary.begin(request, [`${task}`], () => task).end(200);
    }
    expect([diary.requests().length, diary.requests()[0]?.number, diary.calls.tasks]).toEqual([10_000, 15_001, 25_000]);
    expect([Object.keys(diary.polls()).length, diary.polls()['4999'], diary.polls()['5000']?.count]).toEqual([20_000, undefined, 1]);
  });
});
