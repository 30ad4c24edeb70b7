import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { FAULTS, type FaultName, type FaultRequest, type Place } from '../../../scripts/local/sandbox/index.ts';
import { AUTO, type Bench, type Item, openBench } from './sandboxHarness.ts';

const METADATA_ADDRESS = 'http://169.254.169.254/computeMetadata/v1/';

/** What a client sees: `STATUS TYPE BODY`, or how the connection ended. */
async function seen(answer: Promise<Response>): Promise<string> {
  try {
    const { status, headers, body } = await answer;
    const text = await readUpTo(body, 200_000);
    return `${status} ${headers.get('content-type')} ${headers.get('retry-after') ?? ''}${headers.get('location') ?? ''}${text}`;
  } catch (error) {
    return (error as Error).name === 'TimeoutError' ? 'silence' : 'cut';
  }
}

async function readUpTo(body: ReadableStream<Uint8Array> | null, limit: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body ?? []) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > limit) return 'without end'; // leaving the loop closes the connection
  }
  return Buffer.concat(pieces).toString('utf8');
}

describe('A fault of the sandbox', () => {
  let bench: Bench;
  let pair: [Item, Item];
  beforeAll(async () => {
    bench = await openBench();
    pair = await bench.finishedPair();
  });
  afterAll(() => bench.close());
  afterEach(() => bench.sandbox.faults.delete());

  /** Asks at the place where the fault strikes, as a client would. */
  function ask(place: Place): Promise<string> {
    const paths: Record<Place, [string, string, unknown?]> = {
      generate: ['POST', '/v3/music/generate', AUTO],
      tasks: ['GET', `/v3/music/tasks?ids=${pair[0].id},${pair[1].id}`],
      lyrics: ['POST', '/v1/lyrics', { prompt: 'rain' }],
      keyInfo: ['GET', '/v1/get_api_key_info'],
      audio: ['GET', `/files/${pair[0].id}.mp3`],
      preview: ['GET', `/stream/${pair[0].id}.mp3`],
      cover: ['GET', `/covers/${pair[0].id}.jpg`],
    };
    const [method, path, body] = paths[place];
    const headers = { 'x-api-key': 'sandbox-test-key' };
    const options = { method, headers, redirect: 'manual' as const, signal: AbortSignal.timeout(1_500) };
    return seen(fetch(bench.sandbox.url + path, body === undefined ? options : { ...options, body: JSON.stringify(body) }));
  }

  async function askWith(fault: FaultRequest, place: Place): Promise<string> {
    bench.sandbox.faults.add(fault);
    return await ask(place);
  }

  /** What one finished song looks like while the fault strikes its poll. */
  async function pollWith(fault: FaultRequest): Promise<Partial<Item>[]> {
    bench.sandbox.faults.add(fault);
    return await bench.poll([pair[0].id, pair[1].id]);
  }

  // Everything that spoils a submit, and whether the order is accepted all the same.
  const submits: [FaultRequest, number, RegExp][] = [
    [{ name: 'silence' }, 0, /^silence$/],
    [{ name: 'cut' }, 0, /^cut$/],
    [{ name: 'status500' }, 0, /^500 application\/json/],
    [{ name: 'status503' }, 0, /^503 null $/],
    [{ name: 'status503', retryAfterS: 9 }, 0, /^503 null 9$/],
    [{ name: 'html502' }, 0, /^502 text\/html <html>/],
    [{ name: 'html200' }, 0, /^200 text\/html <html>/],
    [{ name: 'redirect', at: ['generate'] }, 0, /^302 null http:\/\/169\.254\.169\.254\//],
    [{ name: 'status429' }, 0, /^429 application\/json \{/],
    [{ name: 'status429', retryAfterS: 7 }, 0, /^429 application\/json 7\{/],
    [{ name: 'keyRefused401' }, 0, /^401 /],
    [{ name: 'keyRefused403' }, 0, /^403 /],
    [{ name: 'keyRefusedInBody' }, 0, /^200 .*"status":400001/],
    [{ name: 'outOfCredit' }, 0, /^200 .*"status":400015,.*"data":\{\}/],
    [
      { name: 'invalidParameter', text: 'Invalid request parameter: x' },
      0,
      /^200 .*"status":400000,"message":"Invalid request parameter: x"/,
    ],
    [{ name: 'schema422' }, 0, /^422 .*"loc":\["body","mv"\]/],
    [{ name: 'detailWithoutStatus' }, 0, /^200 application\/json \{"detail"/],
    [{ name: 'acceptedThenSilence' }, 1, /^silence$/],
    [{ name: 'acceptedThenCut' }, 1, /^cut$/],
    [{ name: 'acceptedThen500' }, 1, /^500 /],
    [{ name: 'acceptedThen502' }, 1, /^502 text\/html/],
    [{ name: 'cutJson' }, 1, /^200 application\/json \{"status":200[^}]*$/],
    [{ name: 'emptyBody' }, 1, /^200 application\/json $/],
    [{ name: 'wrongType' }, 1, /^200 text\/html \{"status":200/],
    [{ name: 'missingData' }, 1, /^200 application\/json \{"status":200,"message":"Success"\}$/],
    [{ name: 'endlessBody' }, 1, /without end$/],
    [{ name: 'drip', delayMs: 5_000 }, 1, /^silence$/], // the first byte is there, the rest is not
    [{ name: 'drip', delayMs: 0 }, 1, /^200 application\/json \{"status":200.*\}$/],
    [{ name: 'noIds' }, 1, /"data":\{"ids":\[\]\}/],
    [{ name: 'numericIds' }, 1, /"ids":\[\d+,\d+\]/],
    [{ name: 'songCount' }, 1, /"ids":\["\d+"\]/],
    [{ name: 'songCount', count: 3 }, 1, /"ids":\["\d+","\d+","\d+"\]/],
    [{ name: 'slow', delayMs: 60_000 }, 1, /^200 /], // by the sandbox's own clock
  ];
  it.each(submits)('%j on a submit is accepted %i times', async (fault, accepted, shape) => {
    const before = [bench.sandbox.accepted(), bench.sandbox.credits()] as const;
    expect(await askWith(fault, 'generate')).toMatch(shape);
    expect(bench.sandbox.accepted() - before[0]).toBe(accepted);
    expect(before[1] - bench.sandbox.credits()).toBe(accepted * 3);
  });

  const polls: [FaultRequest, RegExp][] = [
    [{ name: 'bareArray' }, /^200 application\/json \[\{"id":/],
    [{ name: 'doubleEnvelope' }, /"data":\{"data":\[\{"id"/],
    [{ name: 'forgetsIds' }, /"data":\[\]/],
    [{ name: 'drip', delayMs: 60_000 }, /^silence$/],
  ];
  it.each(polls)('%j changes the shape of a poll', async (fault, shape) => {
    expect(await askWith(fault, 'tasks')).toMatch(shape);
  });

  const items: [FaultRequest, (first: Item, second: Item) => unknown[]][] = [
    [{ name: 'forgetsFirst' }, (_first, second) => [second]],
    [{ name: 'otherOrder' }, (first, second) => [second, first]],
    [{ name: 'swappedIds' }, (...both) => both.map((song) => ({ ...song, id: song.song_id, song_id: song.id }))],
    [{ name: 'numericIds' }, (...both) => both.map((song) => ({ ...song, id: Number(song.id) }))],
    [{ name: 'numericStrings' }, (...both) => both.map((song) => ({ ...song, status: '0', duration: '993' }))],
    [{ name: 'failCodeZero' }, (...both) => both.map((song) => ({ ...song, fail_code: 0 }))],
    [{ name: 'failCodeEmpty' }, (...both) => both.map((song) => ({ ...song, fail_code: '', fail_reason: '' }))],
    [{ name: 'audioUrl' }, (...both) => both.map((song) => ({ ...song, audio_url: METADATA_ADDRESS }))],
    [{ name: 'coverUrl', url: 'http://[::1]/x' }, (...both) => both.map((song) => ({ ...song, cover_url: 'http://[::1]/x' }))],
  ];
  it.each(items)('%j changes the songs of a poll, and nothing else', async (fault, changed) => {
    for (let polls = 0; polls < 3; polls += 1) await bench.poll(pair.map(({ id }) => id)); // until the covers are there
    const [first, second] = await bench.poll(pair.map(({ id }) => id));
    expect(await pollWith(fault)).toEqual(changed(first!, second!));
  });

  it.each([
    [{ name: 'nullFields' }, null],
    [{ name: 'absentFields' }, undefined],
  ] as [FaultRequest, null | undefined][])('%j gives %s for what is not known yet', async (fault, unset) => {
    bench.sandbox.faults.add(fault);
    const [song] = await bench.poll(await bench.submit());
    expect([song?.title, song?.audio_url, song?.cover_url, song?.song_id]).toEqual([unset, unset, unset, unset]);
  });

  const failed = { status: 3, fail_code: 7, fail_reason: 'generation failed', audio_url: '' };
  const songs: [FaultRequest, object, object][] = [
    [{ name: 'failA' }, failed, { status: 0 }],
    [{ name: 'failB', code: null, text: 'no voice' }, { status: 0 }, { ...failed, fail_code: null, fail_reason: 'no voice' }],
    [
      { name: 'failBoth', status: -1, text: null },
      { ...failed, status: -1, fail_reason: null },
      { ...failed, status: -1, fail_reason: null },
    ],
    [{ name: 'neverFinishes' }, { status: 2, audio_url: '' }, { status: 2, audio_url: '' }],
    [{ name: 'halfFinal' }, { status: 0, duration: -1 }, { status: 0, duration: -1 }],
    [{ name: 'coverNever' }, { status: 0, cover_url: '' }, { status: 0, cover_url: '' }],
    [{ name: 'coverLate' }, { status: 0, cover_url: '' }, { status: 0, cover_url: '' }],
  ];
  it.each(songs)('%j marks the songs of an order for good', async (fault, first, second) => {
    bench.sandbox.faults.add({ ...fault, times: 1 });
    const ids = await bench.submit();
    bench.advance(3_600_000);
    for (let polls = 0; polls < 3; polls += 1) await bench.poll(ids);
    expect(await bench.poll(ids)).toMatchObject([first, second]);
  });

  it('lets a song fail after its preview was out', async () => {
    bench.sandbox.faults.add({ name: 'failA', afterPreview: true, times: 1 });
    const ids = await bench.submit();
    bench.advance(5_000);
    expect((await bench.poll(ids))[0]).toMatchObject({ status: 2, audio_url: expect.stringContaining('/stream/') });
    bench.advance(5_000);
    expect((await bench.poll(ids))[0]).toMatchObject(failed);
  });

  const files: [FaultRequest, Place, RegExp][] = [
    [{ name: 'audioHtml' }, 'audio', /^200 text\/html <html>/],
    [{ name: 'audioNoise' }, 'audio', /^200 audio\/mpeg no music at all/],
    [{ name: 'audioTruncated' }, 'audio', /^cut$/],
    [{ name: 'audioHalf' }, 'audio', /^200 audio\/mpeg /],
    [{ name: 'audio404' }, 'audio', /^404 /],
    [{ name: 'labelVideoMp4' }, 'audio', /^200 video\/mp4 /],
    [{ name: 'redirect', url: 'http://127.0.0.1:1/' }, 'audio', /^302 null http:\/\/127\.0\.0\.1:1\/$/],
    [{ name: 'redirectLoop' }, 'audio', /^302 null http.*\/files\/\d+\.mp3$/],
    [{ name: 'redirectChain' }, 'audio', /^302 null http.*\/files\/\d+\.mp3\?hop=1$/],
    [{ name: 'previewExpired' }, 'preview', /^403 .*invalid or expired stream URL/],
    [{ name: 'previewExpired', at: ['audio'] }, 'audio', /^403 .*invalid or expired stream URL/],
    [{ name: 'status429', at: ['audio'], retryAfterS: 3 }, 'audio', /^429 application\/json 3/],
    [{ name: 'emptyBody', at: ['audio'] }, 'audio', /^200 audio\/mpeg $/],
    [{ name: 'drip', delayMs: 60_000 }, 'audio', /^silence$/],
    [{ name: 'coverHtml' }, 'cover', /^200 text\/html <html>/],
    [{ name: 'cover404' }, 'cover', /^404 /],
    [{ name: 'otherLyricsName' }, 'lyrics', /"data":\{"title":"[^"]+","lyrics":"\[Verse\]/],
    [{ name: 'noLyrics' }, 'lyrics', /"data":\{"title":"[^"]+","text":""\}/],
    [{ name: 'wildLyrics' }, 'lyrics', /"data":\{"title":null,"text":"\\u0000\[Verse\]/],
    [{ name: 'endlessBody' }, 'audio', /without end$/],
    [{ name: 'keyInfoInData' }, 'keyInfo', /"data":\{"x_api_key"/],
    [{ name: 'numericStrings' }, 'keyInfo', /"key_music_counts":"\d+"/],
  ];
  it.each(files)('%j is seen at %s', async (fault, place, shape) => {
    expect(await askWith(fault, place)).toMatch(shape);
  });

  it('can leave out an id of an order that it has taken in full, or give the ids in another order', async () => {
    bench.sandbox.faults.add({ name: 'forgetsFirst', at: ['generate'], times: 1 });
    const [named = '', ...more] = await bench.submit();
    const first = String(Number(named) - 1);
    expect([more, (await bench.poll([first, named])).map(({ id }) => id)]).toEqual([[], [first, named]]);
    bench.sandbox.faults.add({ name: 'otherOrder', at: ['generate'], times: 1 });
    const [second = '', last = ''] = await bench.submit();
    expect(Number(second)).toBe(Number(last) + 1);
  });

  it('can bring the covers later than usual, by a number of polls', async () => {
    bench.sandbox.faults.add({ name: 'coverLate', polls: 4, times: 1 });
    const [id = ''] = await bench.submit();
    bench.advance(10_000);
    const covers = [];
    for (let polls = 0; polls < 6; polls += 1) covers.push((await bench.poll([id]))[0]?.cover_url !== '');
    expect(covers).toEqual([false, false, false, false, true, true]);
  });

  it('can redirect some times before the file comes', async () => {
    bench.sandbox.faults.add({ name: 'redirectChain', count: 3 });
    const statuses = [];
    for (let url = pair[0].audio_url; url !== ''; ) {
      const answer = await bench.call('GET', url);
      statuses.push(answer.status);
      url = answer.headers.get('location') ?? '';
    }
    expect(statuses).toEqual([302, 302, 302, 200]);
  });

  it('knows forbidden addresses by name, and counts who comes to the one that leads back to it', async () => {
    expect(await askWith({ name: 'redirect', url: 'metadata' }, 'audio')).toBe(`302 null ${METADATA_ADDRESS}`);
    bench.sandbox.faults.delete();
    const trap = (await askWith({ name: 'redirect', url: 'loopback' }, 'audio')).replace('302 null ', '');
    expect(trap).toBe(`http://localhost:${new URL(bench.sandbox.url).port}/trap`);
    await bench.call('GET', `${bench.sandbox.url}/trap`);
    expect(await (await bench.call('GET', '/sandbox')).json()).toMatchObject({ trapped: 1 });
  });

  it('can send half of a file as if it were all, or the whole though a part was asked for', async () => {
    const size = async (headers = {}, url = pair[0].audio_url) =>
      (await (await bench.call('GET', url, undefined, headers)).arrayBuffer()).byteLength;
    const cover = pair[0].audio_url.replace('/files/', '/covers/').replace('.mp3', '.jpg');
    const picture = await size({}, cover);
    bench.sandbox.faults.add({ name: 'coverHalf', times: 1 });
    expect(await size({}, cover)).toBe(Math.floor(picture / 2));
    const whole = await size();
    bench.sandbox.faults.add({ name: 'audioHalf', times: 1 });
    expect(await size()).toBe(Math.floor(whole / 2));
    bench.sandbox.faults.add({ name: 'noRange', times: 1 });
    expect(await size({ range: 'bytes=0-9' })).toBe(whole);
  });

  it('is tried in this file, whichever it is', () => {
    const tried = [...submits, ...polls, ...items, ...songs, ...files].map(([{ name }]) => name);
    const elsewhere: FaultName[] = ['nullFields', 'absentFields', 'noRange', 'coverHalf'];
    expect(new Set([...tried, ...elsewhere])).toEqual(new Set(Object.keys(FAULTS)));
  });
});
