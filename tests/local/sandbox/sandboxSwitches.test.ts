import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { FAULTS } from '../../../scripts/local/sandbox/index.ts';
import { AUTO, type Bench, openBench } from './sandboxHarness.ts';

describe('The switches of the sandbox', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBench();
  });
  afterAll(() => bench.close());
  afterEach(() => bench.call('DELETE', '/sandbox/faults'));

  const statusOf = async (method: string, path: string, body?: unknown) => (await bench.call(method, path, body)).status;

  it('strike every request until they are switched off', async () => {
    await bench.call('POST', '/sandbox/faults', { name: 'status500', at: ['keyInfo'] });
    expect([await statusOf('GET', '/v1/get_api_key_info'), await statusOf('GET', '/v1/get_api_key_info')]).toEqual([500, 500]);
    expect(await (await bench.call('DELETE', '/sandbox/faults?name=status500')).json()).toEqual([]);
    expect(await statusOf('GET', '/v1/get_api_key_info')).toBe(200);
  });

  it('strike as often as they were asked to', async () => {
    await bench.call('POST', '/sandbox/faults', { name: 'status429', times: 2 });
    const statuses = [];
    for (let call = 0; call < 3; call += 1) statuses.push(await statusOf('GET', '/v1/get_api_key_info'));
    expect(statuses).toEqual([429, 429, 200]);
  });

  it('strike one order by its words: its submit, its polls and its files', async () => {
    const [marked] = await bench.finishedPair({ ...AUTO, style: 'folk about comets' });
    const [other] = await bench.finishedPair();
    await bench.call('POST', '/sandbox/faults', { name: 'status500', match: 'comets' });
    expect(await statusOf('POST', '/v3/music/generate', { ...AUTO, style: 'more comets' })).toBe(500);
    expect(await statusOf('GET', `/v3/music/tasks?ids=${other.id}`)).toBe(200);
    expect(await statusOf('GET', `/v3/music/tasks?ids=${other.id},${marked.id}`)).toBe(500);
    expect(await statusOf('GET', marked.audio_url)).toBe(500);
    expect(await statusOf('HEAD', other.audio_url)).toBe(200);
  });

  it('strike only at the places they were narrowed to', async () => {
    await bench.call('POST', '/sandbox/faults', { name: 'html502', at: ['tasks'] });
    expect([await statusOf('GET', '/v3/music/tasks?ids='), await statusOf('GET', '/v1/get_api_key_info')]).toEqual([502, 200]);
  });

  it('tell which faults there are, what they do, and which are on', async () => {
    await bench.call('POST', '/sandbox/faults', { name: 'forgetsIds', times: 3 });
    const answer = (await (await bench.call('GET', '/sandbox/faults')).json()) as { on: object[]; known: { name: string }[] };
    expect(answer.on).toEqual([{ name: 'forgetsIds', times: 3 }]);
    expect(answer.known.map(({ name }) => name)).toEqual(Object.keys(FAULTS));
  });

  it.each([
    ['a name that is none', { name: 'nonsense' }],
    ['a field that is none', { name: 'cut', tiems: 3 }],
    ['a place that is none', { name: 'cut', at: ['nowhere'] }],
    ['no fault at all', null],
    ['a place where it cannot strike', { name: 'audioHtml', at: ['audio', 'cover'] }, 'audioHtml cannot strike at cover, only at audio'],
    ['an option that it does not read', { name: 'slow', count: 2 }, 'slow does not read count: it reads delayMs'],
    ['an option of a fault that reads none', { name: 'cut', delayMs: 2 }, 'cut does not read delayMs: it reads no option of its own'],
  ])('refuse %s with 400 and say what is wrong', async (_case, body, said = '') => {
    const answer = await bench.call('POST', '/sandbox/faults', body);
    expect([answer.status, await answer.json()]).toEqual([400, { error: expect.stringContaining(said) }]);
    expect(bench.sandbox.faults.list()).toEqual([]);
  });

  it('show every song and its phase', async () => {
    const ids = await bench.submit({ ...AUTO, style: 'waltz' });
    const songs = (await (await bench.call('GET', '/sandbox/songs')).json()) as object[];
    const submission = bench.sandbox.accepted();
    expect(songs.slice(-2)).toEqual(ids.map((id) => ({ id, title: 'Waltz', submission, phase: 'queued' })));
  });

  it('forget the recorded requests, never the count of accepted orders', async () => {
    const accepted = bench.sandbox.accepted();
    await bench.call('DELETE', '/sandbox/requests');
    expect([bench.sandbox.requests(), bench.sandbox.calls().generate, bench.sandbox.accepted()]).toEqual([[], 0, accepted]);
  });
});
