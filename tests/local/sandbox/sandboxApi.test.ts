import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AUTO, type Bench, KEY, openBench } from './sandboxHarness.ts';

// Names and values: the provider's reference and what its clients saw; see scripts/local/sandbox/index.ts for what is known of each.
describe('The TopMediai sandbox', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBench();
  });
  afterAll(() => bench.close());
  beforeEach(() => bench.call('POST', '/sandbox/credits', { credits: 100 }));

  it('takes an order with two ids as strings and the truth in the body', async () => {
    const answer = await bench.call('POST', '/v3/music/generate', AUTO);
    const ids = [expect.stringMatching(/^\d+$/), expect.stringMatching(/^\d+$/)];
    expect([answer.status, await answer.json()]).toEqual([200, { status: 200, message: 'Success', data: { ids } }]);
  });

  it('shows each song on its own way: queued, at work, preview, almost done, done', async () => {
    const ids = await bench.submit();
    const seen = new Set<string>();
    for (let second = 0; second <= 10; second += 0.25) {
      const [song] = await bench.poll(ids);
      seen.add(`${song?.status} ${song?.duration} ${song?.audio_url.replace(bench.sandbox.url, '').replace(/\d+/, 'N')}`);
      bench.advance(250);
    }
    expect([...seen]).toEqual(['1 -1 ', '2 -1 ', '2 -1 /stream/N.mp3', '0 -1 /stream/N.mp3', '0 993 /files/N.mp3']);
  });

  it('has empty strings and nulls, not missing fields, for what is not known yet', async () => {
    const [id = ''] = await bench.submit({ ...AUTO, style: 'folk' });
    expect(await bench.poll([id])).toEqual([
      {
        id,
        title: '',
        style: 'folk',
        duration: -1,
        status: 1,
        song_id: '',
        audio_url: '',
        cover_url: '',
        lyric: '',
        fail_code: null,
        fail_reason: null,
      },
    ]);
  });

  it('brings the cover two polls after the sound', async () => {
    const ids = await bench.submit();
    bench.advance(10_000);
    const covers = [];
    for (let polls = 0; polls < 3; polls += 1) covers.push((await bench.poll(ids)).map((song) => song.cover_url !== ''));
    expect(covers).toEqual([
      [false, false],
      [false, false],
      [true, true],
    ]);
  });

  it('leaves ids that it does not know out of its answer', async () => {
    const [id = ''] = await bench.submit();
    expect((await bench.poll(['1', id, 'none'])).map((song) => song.id)).toEqual([id]);
  });

  it('echoes title and lyrics of a custom order exactly, and improvises in auto', async () => {
    const custom = { ...AUTO, action: 'custom', title: 'Paper Boats', lyrics: '[Verse]\nOne line\n' };
    const [first] = await bench.finishedPair(custom);
    const [second] = await bench.finishedPair({ ...AUTO, lyrics: 'ignored' });
    expect([first.title, first.lyric]).toEqual(['Paper Boats', '[Verse]\nOne line\n']);
    expect(second.lyric).toMatch(/^\[Verse\]\n/);
    expect(second.lyric).not.toContain('ignored');
  });

  it('sings nothing when the order is instrumental', async () => {
    const [song] = await bench.finishedPair({ ...AUTO, action: 'custom', lyrics: 'not sung', instrumental: 1 });
    expect(song.lyric).toBe('');
  });

  it.each([
    ['v4.0', 2],
    ['v4.5', 3],
  ])('takes the price of model %s: %i credits', async (mv, price) => {
    const before = bench.sandbox.credits();
    await bench.submit({ ...AUTO, mv });
    expect(before - bench.sandbox.credits()).toBe(price);
  });

  it('refuses an order that the balance cannot pay, with HTTP 200 and code 400015', async () => {
    await bench.call('POST', '/sandbox/credits', { credits: 2 });
    const accepted = bench.sandbox.accepted();
    const answer = await bench.call('POST', '/v3/music/generate', AUTO);
    expect([answer.status, await answer.json()]).toEqual([200, { status: 400015, message: 'insufficient account balance', data: {} }]);
    expect([bench.sandbox.accepted(), bench.sandbox.credits()]).toEqual([accepted, 2]);
  });

  it.each([
    ['an unknown model', { ...AUTO, mv: 'v9' }, 'mv'],
    ['an unknown action', { ...AUTO, action: 'concat' }, 'action'],
    ['a missing action', { style: 'folk' }, 'action'],
    ['a number as style', { ...AUTO, style: 7 }, 'style'],
  ])('refuses %s with 422 and the name of the field', async (_case, body, field) => {
    const accepted = bench.sandbox.accepted();
    const answer = await bench.call('POST', '/v3/music/generate', body);
    const detail = [{ loc: ['body', field], msg: expect.any(String), type: expect.any(String) }];
    expect([answer.status, await answer.json()]).toEqual([422, { detail }]);
    expect(bench.sandbox.accepted()).toBe(accepted);
  });

  it.each([
    ['a style over 200 characters on v4.0', { ...AUTO, mv: 'v4.0', style: 'x'.repeat(201) }, 'style exceeds 200'],
    ['a style over 1000 characters on v4.5', { ...AUTO, style: 'x'.repeat(1001) }, 'style exceeds 1000'],
    ['lyrics over the limit of v3.0', { ...AUTO, action: 'custom', mv: 'v3.0', lyrics: 'x'.repeat(1001) }, 'lyrics exceeds 1000'],
    ['a title over 80 characters', { ...AUTO, title: 'x'.repeat(81) }, 'title exceeds 80'],
  ])('refuses %s with HTTP 200 and code 400000', async (_case, body, reason) => {
    const answer = await bench.call('POST', '/v3/music/generate', body);
    const refused = { status: 400000, message: `Invalid request parameter: ${reason}`, data: {} };
    expect([answer.status, await answer.json()]).toEqual([200, refused]);
  });

  it('answers a missing key with 500 and a wrong one with 401, on every call', async () => {
    const calls = [
      ['POST', '/v3/music/generate'],
      ['GET', '/v3/music/tasks?ids=1'],
      ['POST', '/v1/lyrics'],
      ['GET', '/v1/get_api_key_info'],
    ] as const;
    const statuses = calls.map(async ([method, path]) => {
      const body = method === 'POST' ? AUTO : undefined;
      const [none, wrong] = await Promise.all([
        bench.call(method, path, body, {}),
        bench.call(method, path, body, { 'X-API-Key': 'wrong' }),
      ]);
      return [none.status, wrong.status];
    });
    expect(await Promise.all(statuses)).toEqual(calls.map(() => [500, 401]));
  });

  it('writes lyrics with tags, in Korean for a Korean prompt, and refuses an empty one', async () => {
    const ask = async (prompt: string) => (await bench.call('POST', '/v1/lyrics', { prompt })).json();
    const tagged = expect.stringMatching(/^\[Verse\]\n.+\n\n\[Chorus\]\n/s);
    expect(await ask('rain over Seoul')).toEqual({ status: 200, message: 'Success', data: { title: 'Rain over Seoul', text: tagged } });
    const korean = (await ask('비 오는 밤')) as { data: { title: string; text: string } };
    expect(korean.data.title).toBe('비 밤');
    expect(korean.data.text).toMatch(/[가-힣]/);
    expect((await bench.call('POST', '/v1/lyrics', { prompt: '' })).status).toBe(422);
  });

  it('tells the balance in a bare object that echoes key and e-mail', async () => {
    const information = (await (await bench.call('GET', '/v1/get_api_key_info')).json()) as Record<string, unknown>;
    expect(information).toMatchObject({ x_api_key: KEY, email: expect.stringContaining('@'), key_music_counts: 100 });
    expect(information).not.toHaveProperty('status');
  });
});
