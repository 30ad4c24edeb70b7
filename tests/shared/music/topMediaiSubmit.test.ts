import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { joinedStyle, MODELS, type MusicProvider, ProviderFault, type SongRequest, topMediai } from '../../../shared/music/index.ts';
import { systemClock } from '../../../shared/runtime/index.ts';
import { json, type SmallServer, serve } from './smallServer.ts';

const API_KEY = 'k-secret-4711';
const NOW = Date.parse('2030-01-02T00:00:00Z');
const SONG: SongRequest = {
  prompt: 'rain over a harbour',
  style: null,
  title: null,
  lyrics: null,
  instrumental: false,
  voice: 'any',
  model: 'v4.5',
};

interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body: unknown;
}

let server: SmallServer;
let provider: MusicProvider;
let next: Answer;

beforeEach(async () => {
  next = { body: { status: 200, message: 'Success', data: { ids: ['90001', '90002'] } } };
  server = await serve((_request, response) => {
    if (typeof next.body === 'string')
      response.writeHead(next.status ?? 200, { 'content-type': 'text/html', ...next.headers }).end(next.body);
    else json(response, next.body, next.status, next.headers);
  });
  provider = topMediai({ baseUrl: `${server.url}/`, apiKey: API_KEY, clock: { ...systemClock, now: () => NOW } });
});
afterEach(() => server.close());

async function faultOf(answer: Answer, song = SONG): Promise<ProviderFault> {
  next = answer;
  const fault = await provider.submit(song, {}).catch((error: unknown) => error);
  if (!(fault instanceof ProviderFault)) throw new Error('it was not refused');
  for (const secret of [API_KEY, song.prompt, 'VERBATIM']) expect(`${fault.message}${fault.stack}`).not.toContain(secret);
  expect(server.received).toHaveLength(1);
  return fault;
}

describe('what the provider is asked', () => {
  it('is to write the lyrics itself when there are none, with the style behind the prompt', async () => {
    await provider.submit({ ...SONG, style: 'slow jazz', title: 'Rain' }, {});
    expect(server.received).toEqual([
      { method: 'POST', url: '/v3/music/generate', headers: expect.objectContaining({ 'x-api-key': API_KEY }), body: expect.any(String) },
    ]);
    expect(JSON.parse(server.received[0]!.body)).toEqual({
      action: 'auto',
      style: 'rain over a harbour, slow jazz',
      mv: 'v4.5',
      instrumental: 0,
      gender: '',
    });
  });

  it('is to sing our lyrics under our title when there are some', async () => {
    await provider.submit({ ...SONG, title: 'Rain', lyrics: '[Verse]\nDrops', voice: 'female', model: 'v3.5' }, {});
    expect(JSON.parse(server.received[0]!.body)).toEqual({
      action: 'custom',
      style: 'rain over a harbour',
      mv: 'v3.5',
      instrumental: 0,
      gender: 'female',
      title: 'Rain',
      lyrics: '[Verse]\nDrops',
    });
  });

  it('is for no voice when the song is an instrumental', async () => {
    await provider.submit({ ...SONG, instrumental: true, voice: 'male' }, {});
    expect(JSON.parse(server.received[0]!.body)).toMatchObject({ action: 'auto', instrumental: 1, gender: 'male' });
  });

  it('has the prompt alone as style when no style is given', () => {
    expect([joinedStyle(SONG), joinedStyle({ prompt: 'a', style: 'b' })]).toEqual(['rain over a harbour', 'a, b']);
  });

  it('is bounded by the limits of the model', () => {
    expect(MODELS).toEqual({
      'v3.0': { lyricsMax: 1000, styleMax: 200, credits: 2, longestMs: 120_000 },
      'v3.5': { lyricsMax: 3000, styleMax: 200, credits: 2, longestMs: 240_000 },
      'v4.0': { lyricsMax: 3000, styleMax: 200, credits: 2, longestMs: 240_000 },
      'v4.5': { lyricsMax: 5000, styleMax: 1000, credits: 3, longestMs: 480_000 },
      'v4.5-plus': { lyricsMax: 5000, styleMax: 1000, credits: 3, longestMs: 480_000 },
    });
  });
});

describe('an accepted request', () => {
  it.each<[string, unknown, string[]]>([
    ['two ids', { status: 200, data: { ids: ['a', 'b'] } }, ['a', 'b']],
    ['one id', { status: 200, data: { ids: ['a'] } }, ['a']],
    ['three ids, one of them twice', { status: 200, data: { ids: ['a', 'b', 'c', 'a'] } }, ['a', 'b', 'c']],
    ['ids as numbers', { status: 200, data: { ids: [417, 418] } }, ['417', '418']],
    ['the status as text', { status: '200', data: { ids: ['a', 'b'] } }, ['a', 'b']],
    ['an id beside what is none', { status: 200, data: { ids: [null, '', { id: 1 }, 'x,y', 1e20, 'b'] } }, ['b']],
    ['a single task_id', { status: 200, data: { task_id: 7 } }, ['7']],
    ['tracks', { status: 200, data: { tracks: [{ id: 'a' }, {}, { id: 2 }] } }, ['a', '2']],
    ['song_ids', { status: 200, data: { song_ids: ['a', 'b'] } }, ['a', 'b']],
    ['ids without a wrapping', { ids: ['a', 'b'] }, ['a', 'b']],
  ])('gives its tasks when the answer holds %s', async (_name, body, taskIds) => {
    next = { body };
    expect(await provider.submit(SONG, {})).toEqual({ taskIds });
  });
});

describe('a request that was answered with a refusal', () => {
  it.each<[string, Answer, ProviderFault['kind']]>([
    ['HTTP 401', { status: 401, body: { message: 'bad key' } }, 'refused'],
    ['HTTP 403 that speaks of insufficient rights', { status: 403, body: { detail: 'insufficient permissions' } }, 'refused'],
    ['HTTP 401 in HTML', { status: 401, body: '<html>' }, 'refused'],
    ['body status 401', { body: { status: 401, data: {} } }, 'refused'],
    ['an unknown body status that speaks of the key', { body: { status: 400001, message: 'Invalid API key' } }, 'refused'],
    ['HTTP 500, as for a missing key', { status: 500, body: { message: 'VERBATIM' } }, 'unknown'],
    ['HTTP 500 that speaks of credit', { status: 500, body: { status: 400015, message: 'insufficient credit' } }, 'unknown'],
    ['HTTP 502 in HTML', { status: 502, body: '<html>VERBATIM</html>' }, 'unknown'],
    ['HTTP 503', { status: 503, body: {} }, 'unknown'],
    ['body status 500', { body: { status: 500, message: 'VERBATIM' } }, 'unknown'],
    ['HTML with HTTP 200', { body: '<html>VERBATIM</html>' }, 'unknown'],
    ['HTML with HTTP 404', { status: 404, body: '<html>VERBATIM</html>' }, 'unknown'],
    [
      'JSON that ends too early',
      { headers: { 'content-type': 'application/json' }, body: '{"status":200,"data":{"ids":["VERB' },
      'unknown',
    ],
    ['nothing', { body: '' }, 'unknown'],
    ['a number', { body: 7 }, 'unknown'],
    ['a list', { body: ['VERBATIM'] }, 'unknown'],
    ['an empty object', { body: {} }, 'unknown'],
    ['a redirect', { status: 302, headers: { location: '/x' }, body: {} }, 'unknown'],
    ['no ids', { body: { status: 200, data: { ids: [] } } }, 'unknown'],
    ['no data', { body: { status: 200, message: 'Success' } }, 'unknown'],
    ['HTTP 429', { status: 429, body: {} }, 'rate_limited'],
    ['HTTP 429 that speaks of a quota', { status: 429, body: { message: 'quota exceeded' } }, 'rate_limited'],
    ['body status 429', { body: { status: 429 } }, 'rate_limited'],
    ['body status 400015', { body: { status: 400015, message: 'insufficient account balance', data: {} } }, 'out_of_credit'],
    ['HTTP 402 that speaks of credit', { status: 402, body: { message: 'You need more credit.' } }, 'out_of_credit'],
    ['an unknown body status that speaks of credit', { body: { status: 400777, message: 'Insufficient balance' } }, 'out_of_credit'],
    ['the Chinese words for it', { body: { status: 400778, message: '权益不足' } }, 'out_of_credit'],
    ['body status 400000', { body: { status: 400000, message: 'Invalid request parameter', data: {} } }, 'invalid_request'],
    ['body status 400000 that speaks of credit', { body: { status: 400000, message: 'credit is no style' } }, 'invalid_request'],
    ['HTTP 422', { status: 422, body: { detail: [] } }, 'invalid_request'],
    ['a schema refusal with HTTP 200', { body: { detail: [{ loc: ['body', 'mv'], msg: 'bad' }] } }, 'invalid_request'],
    ['another body status', { body: { status: 400123, message: 'An artist is named', data: {} } }, 'invalid_request'],
    ['body status 0', { body: { status: 0, message: 'no' } }, 'invalid_request'],
    ['HTTP 404 in JSON', { status: 404, body: { detail: 'Not Found' } }, 'invalid_request'],
  ])('ends rightly after %s', async (_name, answer, kind) => {
    expect((await faultOf(answer)).kind).toBe(kind);
  });

  it('does not close the service when only the quoted prompt speaks of credit', async () => {
    const song = { ...SONG, prompt: 'a song on my credit card' };
    const fault = await faultOf({ body: { status: 400123, message: 'Not allowed: a SONG on my credit card' } }, song);
    expect(fault.kind).toBe('invalid_request');
  });

  it.each<[string, string | undefined, number | undefined]>([
    ['in seconds', '7', 7],
    ['as a date', 'Wed, 02 Jan 2030 00:01:30 GMT', 90],
    ['as a date that is over', 'Tue, 01 Jan 2030 00:00:00 GMT', 0],
    ['beyond a day', '999999999', 86_400],
    ['not at all', undefined, undefined],
    ['in words', 'soon', undefined],
    ['below zero', '-5', undefined],
  ])('says when to come back if the provider did so %s', async (_name, header, retryAfterS) => {
    const fault = await faultOf({ status: 429, headers: header === undefined ? {} : { 'retry-after': header }, body: {} });
    expect(fault.retryAfterS).toBe(retryAfterS);
  });

  it.each<[string, unknown, string | undefined]>([
    ['its message', { status: 400000, message: 'Style\n is too long' }, 'Style is too long'],
    [
      'the fields at fault, without their values',
      { detail: [{ loc: ['body', 'mv'], msg: 'bad model', input: 'VERBATIM' }, { msg: 'odd' }] },
      'mv: bad model; : odd',
    ],
    ['no key and no e-mail', { status: 400001, message: `key ${API_KEY} of a@b.example is wrong` }, 'key [secret] of [email] is wrong'],
    ['200 characters at most', { status: 400001, message: '소'.repeat(500) }, `${'소'.repeat(199)}…`],
    ['nothing when it says nothing', { status: 400001 }, undefined],
  ])('tells the user in the provider’s words: %s', async (_name, body, detail) => {
    const fault = await faultOf({ body });
    expect([fault.kind, fault.detail]).toEqual(['invalid_request', detail]);
  });

  it('has a message for operators that names the kind and the status, and nothing else', async () => {
    const fault = await faultOf({ body: { status: 400123, message: `VERBATIM ${SONG.prompt} ${API_KEY}` } });
    expect(fault.message).toBe('music provider: invalid_request (HTTP 200, body status 400123)');
  });
});
