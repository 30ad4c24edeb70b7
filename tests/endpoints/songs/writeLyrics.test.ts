import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { dayOf, endOfDay, LYRICS_PER_DAY } from '#shared/limits';
import { writeLyrics as write } from '#shared/lyrics';
import { topMediai } from '#shared/music';
import { database, newId, systemWorld } from '#shared/runtime';
import { createSong } from '../../../functions/songs/createSong.ts';
import { writeLyrics } from '../../../functions/songs/writeLyrics.ts';
import { getStatus } from '../../../functions/system/getStatus.ts';
import { answeringSlowly } from '../../shared/generation/answeringSlowly.ts';
import { endsAt, type LyricsEnd } from '../../shared/generation/faultTable.ts';
import { type Listener, newListener } from '../../shared/generation/listener.ts';
import { keepLogLines } from '../../shared/generation/logLines.ts';
import { openStudio, type Studio } from '../../support/studio.ts';

process.env['LOG_LEVEL'] = 'info';
const lines = keepLogLines();

let studio: Studio;

beforeAll(async () => {
  studio = await openStudio();
  // A day that ends in the middle of a test would be another test.
  const now = new Date(studio.clock.now());
  if (endOfDay(now).getTime() - now.getTime() < 1_800_000) studio.clock.advance(1_800_000);
});

afterEach(async () => {
  studio.sandbox.faults.delete();
  const db = await database();
  await db.doc('dependencies/lyrics').delete();
  studio.clock.advance(11_000); // past what processes remember of it
  lines.forget();
});

afterAll(async () => {
  lines.stop();
  await studio.close();
});

const PROMPT = 'two friends who fold paper boats';

function ask(by: Listener, prompt = PROMPT) {
  return studio.service.call(writeLyrics, { prompt }, { token: by.token });
}

/** The only time that is real here: how long an answer is waited for that does not come. */
const LIMIT_MS = 300;
/** And one that does come, on a machine that does ten things at once. */
const LONG_MS = 20_000;

/** Past the endpoint, with its own patience. @returns `written`, or the problem */
function askWaiting(lyricsMs: number, { uid }: Listener) {
  const provider = topMediai({ baseUrl: studio.sandbox.url, apiKey: 'studio-key', timeouts: { lyricsMs } });
  const written = write({ uid, prompt: PROMPT, clock: studio.clock, newId, provider });
  return answeringSlowly(
    studio,
    written.then(
      () => ({ end: 'written' }),
      ({ code, params }: { code: string; params: Record<string, unknown> }) => ({ end: code, reason: params['reason'] }),
    ),
  );
}

/** As clients are told. */
async function statusOfLyrics() {
  return (await studio.service.call(getStatus, {})).body.features.lyrics;
}

async function countedOf({ uid }: Listener): Promise<number> {
  const db = await database();
  const ids = (await db.doc(`quotas/${uid}`).get()).get('lyrics.ids') as string[] | undefined;
  return ids?.length ?? 0;
}

describe('writing lyrics', () => {
  it('gives a title and lyrics that a song can be made of, and stores neither', async () => {
    const mina = await newListener(studio);
    const { status, body } = await ask(mina);
    expect({ status, body }).toEqual({ status: 200, body: { title: expect.any(String), lyrics: expect.stringContaining('[Verse]') } });
    const song = await studio.service.call(createSong, { prompt: 'boats', ...body }, { token: mina.token });
    expect(song.status).toBe(202);
    const db = await database();
    expect((await db.doc(`quotas/${mina.uid}`).get()).get('lyrics')).toEqual({
      on: dayOf(new Date(studio.clock.now())),
      ids: [expect.stringMatching(/^req_/)],
    });
    expect(JSON.stringify(lines.all())).not.toMatch(/paper boats|Verse/);
  });

  it('cuts and cleans what is too long for any song, and finds a title where none came', async () => {
    const mina = await newListener(studio);
    studio.sandbox.faults.add({ name: 'wildLyrics' });
    const { status, body } = await ask(mina);
    expect([status, body.title, [...body.lyrics].length]).toEqual([200, PROMPT, 5000]);
    expect(body.lyrics).not.toMatch(/[\p{Cc}--\n]/v);
    expect((await studio.service.call(createSong, { prompt: 'boats', ...body }, { token: mina.token })).status).toBe(202);
  });

  it.each([
    ['an empty prompt', ' '],
    ['a prompt of 201 characters', '배'.repeat(201)],
    ['a control character', 'a\u0007b'],
  ])('%s is refused before anything counts', async (_what, prompt) => {
    const mina = await newListener(studio);
    const { lyrics } = studio.sandbox.calls();
    expect((await ask(mina, prompt)).problem).toMatchObject({ status: 400, issues: [{ path: 'prompt' }] });
    expect([await countedOf(mina), studio.sandbox.calls().lyrics - lyrics]).toEqual([0, 0]);
  });

  it('tells why the provider does not take a prompt, and counts nothing', async () => {
    const mina = await newListener(studio);
    studio.sandbox.faults.add({ name: 'invalidParameter', text: 'names an artist' });
    const { problem } = await ask(mina);
    const message = 'is not taken by the music provider (names an artist)';
    expect(problem).toMatchObject({ status: 400, code: 'invalid_input', issues: [{ path: 'prompt', message }] });
    expect(await countedOf(mina)).toBe(0);
  });
});

describe('the lyrics of a day', () => {
  async function use(by: Listener, count: number, at = new Date(studio.clock.now())): Promise<void> {
    const db = await database();
    await db
      .doc(`quotas/${by.uid}`)
      .set({ lyrics: { on: dayOf(at), ids: Array.from({ length: count }, () => newId('req')) } }, { merge: true });
  }

  it('are twenty and no more, however many are asked for at once; songs are counted apart', async () => {
    const mina = await newListener(studio);
    await use(mina, LYRICS_PER_DAY - 2);
    const { lyrics } = studio.sandbox.calls();
    const answers = await Promise.all(Array.from({ length: 6 }, () => ask(mina)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 429, 429, 429, 429]);
    const refused = answers.find(({ status }) => status === 429);
    const resetsAt = endOfDay(new Date(studio.clock.now())).toISOString();
    expect(refused?.problem).toMatchObject({ code: 'daily_lyrics_reached', limit: 20, resetsAt });
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect([await countedOf(mina), studio.sandbox.calls().lyrics - lyrics]).toEqual([20, 2]);
    expect((await studio.service.call(createSong, { prompt: 'boats' }, { token: mina.token })).status).toBe(202);
  });

  it('begin anew with the next day, and a request of the last second does not begin the old one again', async () => {
    const mina = await newListener(studio);
    const now = new Date(studio.clock.now());
    await use(mina, LYRICS_PER_DAY, new Date(now.getTime() - 24 * 3_600_000));
    expect((await ask(mina)).status).toBe(200);
    await use(mina, LYRICS_PER_DAY, new Date(now.getTime() + 24 * 3_600_000));
    expect((await ask(mina)).status).toBe(429);
  });

  it('count as none when somebody has spoilt them by hand', async () => {
    const mina = await newListener(studio);
    const db = await database();
    await db.doc(`quotas/${mina.uid}`).update({ lyrics: 'many' });
    expect((await ask(mina)).status).toBe(200);
    expect(await countedOf(mina)).toBe(1);
  });
});

describe('G9: lyrics while the provider is in trouble', () => {
  const UNAVAILABLE = { end: 'feature_unavailable', reason: 'provider' };
  const SAID: Record<LyricsEnd, { end: string; reason?: string }> = {
    written: { end: 'written' },
    unknown: UNAVAILABLE,
    rate_limited: UNAVAILABLE,
    out_of_credit: UNAVAILABLE,
    refused: UNAVAILABLE,
    invalid_request: { end: 'invalid_input' },
  };

  it.each(endsAt('lyrics'))('under %s (%s): asked once, counted unless it surely was not done, and never a hang', async (name, end) => {
    const mina = await newListener(studio);
    studio.sandbox.faults.add({ name, at: ['lyrics'] });
    const { lyrics } = studio.sandbox.calls();
    expect(await askWaiting(end === 'unknown' ? LIMIT_MS : LONG_MS, mina)).toEqual(SAID[end]);
    const isCounted = end === 'written' || end === 'unknown';
    expect([await countedOf(mina), studio.sandbox.calls().lyrics - lyrics]).toEqual([isCounted ? 1 : 0, 1]);
  });

  it('has counted before the provider answers: who dies meanwhile has used it', async () => {
    const mina = await newListener(studio);
    const asked = new Promise<void>((resolve) => {
      const writeLyrics = () => {
        resolve();
        return new Promise<never>(() => undefined);
      };
      void write({ uid: mina.uid, prompt: PROMPT, clock: studio.clock, newId, provider: { writeLyrics } });
    });
    await asked;
    expect(await countedOf(mina)).toBe(1);
  });

  it('counts nothing when it was not even reached', async () => {
    const mina = await newListener(studio);
    const provider = topMediai({ baseUrl: 'http://127.0.0.1:9', apiKey: 'k' });
    const written = write({ uid: mina.uid, prompt: PROMPT, clock: studio.clock, newId: systemWorld.newId, provider });
    await expect(written).rejects.toMatchObject({ code: 'feature_unavailable', params: { reason: 'provider' } });
    expect(await countedOf(mina)).toBe(0);
  });

  it('is left alone after five failures, told to the operator once, and tried by one request at a time after 15 s', async () => {
    const mina = await newListener(studio);
    studio.sandbox.faults.add({ name: 'status500', at: ['lyrics'] });
    for (let time = 0; time < 5; time += 1) await ask(mina);
    const { lyrics } = studio.sandbox.calls();
    const closed = await ask(mina);
    expect(closed.problem).toMatchObject({ status: 503, code: 'feature_unavailable', feature: 'lyrics', reason: 'provider' });
    expect([studio.sandbox.calls().lyrics - lyrics, await countedOf(mina)]).toEqual([0, 5]);

    studio.clock.advance(10_000);
    expect(await statusOfLyrics()).toEqual({ available: false, reason: 'provider' });
    studio.clock.advance(10_000);
    expect(await statusOfLyrics()).toEqual({ available: true, reason: null });
    await Promise.all([ask(mina), ask(mina), ask(mina)]);
    expect([studio.sandbox.calls().lyrics - lyrics, lines.of('lyrics_closed').length]).toEqual([1, 1]);

    studio.sandbox.faults.delete();
    expect((await ask(mina)).status).toBe(503);
    studio.clock.advance(20_000);
    expect([(await ask(mina)).status, (await ask(mina)).status]).toEqual([200, 200]);
    expect(lines.of('lyrics_open')).toHaveLength(1);
  });

  it.each(['keyRefused401', 'outOfCredit'] as const)('%s closes lyrics at once, and songs go on', async (name) => {
    const mina = await newListener(studio);
    studio.sandbox.faults.add({ name, at: ['lyrics'] });
    const { lyrics } = studio.sandbox.calls();
    for (let time = 0; time < 3; time += 1) expect((await ask(mina)).status).toBe(503);
    expect([studio.sandbox.calls().lyrics - lyrics, await countedOf(mina), lines.of('lyrics_closed').length]).toEqual([1, 0, 1]);
    expect((await studio.service.call(createSong, { prompt: 'boats' }, { token: mina.token })).status).toBe(202);
  });

  it('says the same while songs cannot be ordered, without asking', async () => {
    const mina = await newListener(studio);
    const db = await database();
    await db.doc('dependencies/provider').set({ isUp: false, why: 'refused', changedAt: new Date(studio.clock.now()) });
    studio.clock.advance(11_000);
    const { lyrics } = studio.sandbox.calls();
    expect((await ask(mina)).problem).toMatchObject({ status: 503, feature: 'lyrics', reason: 'provider' });
    expect(studio.sandbox.calls().lyrics).toBe(lyrics);
    await db.doc('dependencies/provider').delete();
    studio.clock.advance(11_000);
  });
});
