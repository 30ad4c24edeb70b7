import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type MusicProvider, ProviderFault, type ProviderTask, topMediai } from '../../../shared/music/index.ts';
import { freePort, json, type SmallServer, serve } from './smallServer.ts';

Object.assign(process.env, { GOOGLE_CLOUD_PROJECT: 'demo-music', LOG_LEVEL: 'silent' });

const API_KEY = 'k-secret-4711';
const FINAL = {
  id: '90001',
  title: 'Paper Boats',
  style: 'calm folk',
  duration: 171240,
  status: 0,
  song_id: 'a1b2-demo-1',
  audio_url: 'https://files.example.test/90001.mp3',
  cover_url: '',
  lyric: '[Verse]\nRow',
  fail_code: null,
  fail_reason: null,
};
const FINAL_TASK: ProviderTask = {
  taskId: '90001',
  state: 'final',
  audioUrl: 'https://files.example.test/90001.mp3',
  coverUrl: null,
  durationMs: 171240,
  title: 'Paper Boats',
  lyrics: '[Verse]\nRow',
  failure: null,
};

let server: SmallServer;
let provider: MusicProvider;
let body: unknown;
let status: number;

beforeEach(async () => {
  status = 200;
  server = await serve((_request, response) => json(response, body, status, { 'retry-after': '3' }));
  provider = topMediai({ baseUrl: server.url, apiKey: API_KEY });
});
afterEach(() => server.close());

/** The one task of an answer whose item has these fields besides those of a finished song. */
async function taskOf(fields: object): Promise<ProviderTask | undefined> {
  body = { status: 200, data: [{ ...FINAL, ...fields }] };
  return (await provider.getTasks(['90001'])).get('90001');
}

describe('how tasks stand', () => {
  it('is asked for all ids in one call', async () => {
    body = { status: 200, data: [] };
    expect(await provider.getTasks(['1', '2'])).toEqual(new Map());
    const { method, url, headers } = server.received[0]!;
    expect([server.received.length, method, decodeURIComponent(url), headers['x-api-key']]).toEqual([
      1,
      'GET',
      '/v3/music/tasks?ids=1,2',
      API_KEY,
    ]);
  });

  it('is asked for at most 40 ids at a time, and never for none', async () => {
    body = [];
    await provider.getTasks(Array.from({ length: 81 }, (_, index) => String(index)));
    await provider.getTasks([]);
    expect(server.received.map(({ url }) => decodeURIComponent(url).split(',').length)).toEqual([40, 40, 1]);
  });

  it.each<[string, unknown]>([
    ['wrapped', { status: 200, message: 'Success', data: [FINAL] }],
    ['bare', [FINAL]],
    ['wrapped twice', { status: 200, data: { data: [FINAL] } }],
    ['among nonsense', { status: 200, data: [null, 7, 'x', [], {}, FINAL] }],
    ['with numbers as text and text as numbers', { status: '200', data: [{ ...FINAL, id: 90001, status: '0', duration: '171240' }] }],
    ['under the song’s id', { status: 200, data: [{ ...FINAL, id: 'other', song_id: '90001' }] }],
    ['without what is not set', [{ ...FINAL, cover_url: undefined, fail_code: undefined, fail_reason: undefined }]],
    ['with a failure that is none', [{ ...FINAL, fail_code: 0, fail_reason: '' }]],
    ['with an empty failure code', [{ ...FINAL, fail_code: '' }]],
  ])('is understood when the list comes %s', async (_name, answer) => {
    body = answer;
    expect(await provider.getTasks(['90001', '90002'])).toEqual(new Map([['90001', FINAL_TASK]]));
  });

  it.each<[string, object, ProviderTask['state']]>([
    ['queued', { status: 1, duration: -1, audio_url: '', title: '', song_id: '' }, 'working'],
    ['in the making', { status: 2, duration: -1, audio_url: '' }, 'working'],
    ['a preview', { status: 2, duration: -1 }, 'preview'],
    ['a preview that knows its length', { status: 2 }, 'preview'],
    ['half finished: sound without a length', { status: 0, duration: -1 }, 'preview'],
    ['half finished: a length without sound', { status: 0, audio_url: '' }, 'working'],
    ['finished', {}, 'final'],
    ['without a status', { status: null }, 'preview'],
    ['with an empty status', { status: '' }, 'preview'],
    ['failed by code', { fail_code: 7 }, 'failed'],
    ['failed by text', { fail_reason: 'no' }, 'failed'],
    ['failed by status 3', { status: 3 }, 'failed'],
    ['failed by a negative status', { status: -2 }, 'failed'],
  ])('tells a song that is %s', async (_name, fields, state) => {
    expect((await taskOf(fields))?.state).toBe(state);
  });

  it('holds why a song failed, fit to be shown', async () => {
    const task = await taskOf({
      status: 3,
      duration: -1,
      audio_url: '',
      fail_code: 7,
      fail_reason: `bad\u0007 ${API_KEY} https://cdn.example/a.mp3?Key-Pair-Id=K ${'x'.repeat(300)}`,
    });
    const failure = { code: '7', text: `bad [secret] [link] ${'x'.repeat(179)}…` };
    expect(task).toEqual({ ...FINAL_TASK, state: 'failed', audioUrl: null, durationMs: null, failure });
  });

  it('has null for what is empty, and mends texts that nothing could store', async () => {
    const task = await taskOf({ duration: 0, audio_url: '', title: ' ', lyric: 'a\r\nb\u0000\ud800', cover_url: 7.5 });
    expect(task).toEqual({
      ...FINAL_TASK,
      state: 'working',
      audioUrl: null,
      coverUrl: '7.5',
      durationMs: null,
      title: null,
      lyrics: 'a\nb\ufffd',
    });
  });

  it.each<[string, number, unknown]>([
    ['HTTP 401', 401, {}],
    ['HTTP 500', 500, [FINAL]],
    ['a body status', 200, { status: 503, data: [FINAL] }],
    ['no list', 200, { status: 200, data: {} }],
    ['nothing', 200, null],
  ])('is a matter for the next time after %s', async (_name, answered, answer) => {
    [status, body] = [answered, answer];
    await expect(provider.getTasks(['90001'])).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it.each<[string, number, unknown]>([
    ['HTTP', 429, {}],
    ['its body', 200, { status: 429, message: 'Too Many Requests' }],
  ])('is asked for too often when the provider says so in %s, and when to ask again is told', async (_where, answered, answer) => {
    [status, body] = [answered, answer];
    await expect(provider.getTasks(['1'])).rejects.toMatchObject({ kind: 'rate_limited', retryAfterS: 3 });
    await expect(provider.getCredits()).rejects.toMatchObject({ kind: 'rate_limited', retryAfterS: 3 });
  });

  it('is a matter for the next time when nobody is there', async () => {
    const nobody = topMediai({ baseUrl: `http://127.0.0.1:${await freePort()}`, apiKey: API_KEY });
    await expect(nobody.getTasks(['1'])).rejects.toMatchObject({ kind: 'unavailable' });
  });

  // G9. A failure prints the seed and the smallest answer that breaks it.
  it('is either understood, or to be asked for again, whatever JSON the provider answers', async () => {
    const field = fc.oneof(fc.jsonValue(), fc.constantFrom('', 0, -1, '0', 3, 2, 1e300, '171240', 'https://a.example/x', '90001'));
    const item = fc.record(Object.fromEntries(Object.keys(FINAL).map((name) => [name, field])), { requiredKeys: [] });
    const list = fc.array(fc.oneof(item, fc.jsonValue()), { maxLength: 4 });
    const wrapped = fc.record({
      status: fc.oneof(fc.constant(200), field),
      data: fc.oneof(list, fc.record({ data: list }), fc.jsonValue()),
    });
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.jsonValue(), list, wrapped), async (answer) => {
        body = answer;
        const result = await provider.getTasks(['90001', 'x']).catch((error: unknown) => error);
        if (result instanceof ProviderFault) return expect(['unavailable', 'rate_limited']).toContain(result.kind);
        expect(result).toBeInstanceOf(Map);
        for (const task of (result as Map<string, ProviderTask>).values()) {
          expect(task.state === 'final' ? [typeof task.audioUrl, typeof task.durationMs] : []).toEqual(
            task.state === 'final' ? ['string', 'number'] : [],
          );
          expect(task.failure !== null).toBe(task.state === 'failed');
        }
      }),
      { numRuns: 300, seed: 20260101 },
    );
  });
});

describe('the credits that are left', () => {
  const KEY_INFO = { x_api_key: API_KEY, email: 'owner@example.test', key_music_counts: '118' };

  it.each<[string, unknown, number]>([
    ['as text', KEY_INFO, 118],
    ['as a number', { ...KEY_INFO, key_music_counts: 5 }, 5],
    ['wrapped', { status: 200, data: KEY_INFO }, 118],
    ['used up', { ...KEY_INFO, key_music_counts: 0 }, 0],
    ['overdrawn', { ...KEY_INFO, key_music_counts: -3 }, 0],
  ])('are counted when they come %s', async (_name, answer, credits) => {
    body = answer;
    expect(await provider.getCredits()).toBe(credits);
    expect([server.received[0]?.method, server.received[0]?.url]).toEqual(['GET', '/v1/get_api_key_info']);
  });

  it.each<[string, unknown]>([
    ['are missing', { ...KEY_INFO, key_music_counts: undefined }],
    ['are empty', { ...KEY_INFO, key_music_counts: '' }],
    ['are no number', { ...KEY_INFO, key_music_counts: 'many' }],
    ['are refused', { status: 401, message: 'bad key' }],
  ])('are unavailable when they %s, and nothing of the key shows', async (_name, answer) => {
    body = answer;
    const fault = await provider.getCredits().catch((error: unknown) => error);
    expect(fault).toMatchObject({ kind: 'unavailable' });
    expect(`${JSON.stringify(fault)}${(fault as Error).stack}`).not.toMatch(/k-secret|owner@/);
  });
});

describe('written lyrics', () => {
  it.each(['text', 'lyrics', 'lyric'])('come with their title, in the field %s', async (field) => {
    body = { status: 200, data: { [field]: '[Verse]\nRow', title: 'Paper Boats' } };
    expect(await provider.writeLyrics('boats')).toEqual({ title: 'Paper Boats', lyrics: '[Verse]\nRow' });
    expect(server.received).toEqual([expect.objectContaining({ method: 'POST', url: '/v1/lyrics', body: '{"prompt":"boats"}' })]);
  });

  it.each<[string, number, unknown, string]>([
    ['none came', 200, { status: 200, data: { title: 'x' } }, 'unknown'],
    ['the server is at fault', 502, {}, 'unknown'],
    ['credit ran out', 200, { status: 400015 }, 'out_of_credit'],
    ['the prompt is refused', 422, { detail: [{ loc: ['body', 'prompt'], msg: 'too short' }] }, 'invalid_request'],
  ])('are asked for once, and the fault is told when %s', async (_name, answered, answer, kind) => {
    [status, body] = [answered, answer];
    await expect(provider.writeLyrics('boats')).rejects.toMatchObject({ kind });
    expect(server.received).toHaveLength(1);
  });
});
