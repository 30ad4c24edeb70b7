import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { z } from 'zod';
import { getProfile } from '../../../functions/accounts/getProfile.ts';
import { signUp } from '../../../functions/accounts/signUp.ts';
import { createSong } from '../../../functions/songs/createSong.ts';
import { getGeneration } from '../../../functions/songs/getGeneration.ts';
import { getPlayback } from '../../../functions/songs/getPlayback.ts';
import { getSong } from '../../../functions/songs/getSong.ts';
import { openStudio, type Studio } from '../../support/studio.ts';

let studio: Studio;
let token: string;
let people = 0;

beforeAll(async () => {
  studio = await openStudio();
  token = await newToken();
});

afterAll(() => studio.close());

type Input = z.input<typeof createSong.input>;

async function newToken(): Promise<string> {
  people += 1;
  const asked = { email: `mina${people}@sori.example`, password: 'a long password', displayName: 'Mina' };
  return (await studio.service.call(signUp, asked)).body.session.idToken;
}

/** What the provider is sent for a request. */
async function sentFor(input: Input) {
  const { status } = await studio.service.call(createSong, input, { token });
  expect(status).toBe(202);
  await studio.runWorker();
  return studio.sandbox.requests().findLast(({ place, body }) => place === 'generate' && JSON.stringify(body).includes(input.prompt))?.body;
}

async function refusalOf(input: object) {
  const { problem } = await studio.service.call(createSong, input as Input, { token });
  return { status: problem?.status, fields: problem?.issues?.map(({ path }) => path) };
}

describe('making a song', () => {
  it('a request becomes two songs that play', async () => {
    const { service } = studio;
    const asked = await service.call(createSong, { prompt: 'a calm song about paper boats' }, { token });
    expect(asked.status).toBe(202);
    expect(asked.body.generation).toMatchObject({
      state: 'queued',
      songs: [],
      retryOf: null,
      credits: { reserved: 1, settled: 0, released: 0 },
    });
    const { generationId } = asked.body.generation;
    const read = async () => (await service.call(getGeneration, { generationId }, { token })).body.generation;
    await studio.workUntil(async () => (await read()).songs.filter(({ state }) => state === 'ready').length === 2);
    const generation = await read();
    expect(generation).toMatchObject({ state: 'ready', failure: null, credits: { reserved: 1, settled: 1, released: 0 } });
    for (const { songId } of generation.songs) {
      const { song } = (await service.call(getSong, { songId }, { token })).body;
      expect(song).toMatchObject({ state: 'ready', ownerName: 'Mina', visibility: 'private', generationId });
      const { url } = (await service.call(getPlayback, { songId }, { token })).body;
      const bytes = await (await fetch(url)).bytes();
      expect(bytes.length).toBe(song.audio?.bytes);
    }
  });
});

describe('what the provider is asked for', () => {
  it('without lyrics: its own, by a style made of prompt and style', async () => {
    expect(await sentFor({ prompt: 'paper boats', style: 'folk', title: 'Boats', voice: 'female' })).toEqual({
      action: 'auto',
      style: 'paper boats, folk',
      mv: 'v4.5',
      instrumental: 0,
      gender: 'female',
    });
  });

  it('with lyrics: exactly these, under our title', async () => {
    const lyrics = '[Verse]\n종이배 하나 🚣\n\n[Chorus]\n흘러 흘러';
    expect(await sentFor({ prompt: '종이배', lyrics, title: '종이배', model: 'v4.0' })).toEqual({
      action: 'custom',
      style: '종이배',
      mv: 'v4.0',
      instrumental: 0,
      gender: '',
      title: '종이배',
      lyrics,
    });
  });

  it('an instrumental is one', async () => {
    expect(await sentFor({ prompt: 'a march', instrumental: true })).toMatchObject({ action: 'auto', instrumental: 1 });
  });
});

describe('the title of a song that was given none', () => {
  it("is the beginning of the prompt at first, then the provider's", async () => {
    const family = '👨‍👩‍👧‍👦';
    const prompt = `${'가나다라마'.repeat(7)}ab${family} and more`;
    const { body } = await studio.service.call(createSong, { prompt }, { token });
    const { generationId } = body.generation;
    await studio.runWorker();
    const read = async () => (await studio.service.call(getGeneration, { generationId }, { token })).body.generation;
    const songId = (await read()).songs[0]?.songId ?? '';
    const song = async () => (await studio.service.call(getSong, { songId }, { token })).body.song;
    expect((await song()).title).toBe(`${'가나다라마'.repeat(7)}ab`); // 40 characters would cut the family
    await studio.workUntil(async () => (await song()).state === 'ready');
    const { title, lyrics } = await song();
    expect(title).not.toContain('가나다');
    expect(title.length).toBeGreaterThan(0);
    expect(lyrics).toContain('[Verse]');
  });
});

describe('what is too much is refused with the field that it is in, and costs nothing', () => {
  it.each<[string, object, string]>([
    ['lyrics for an instrumental', { prompt: 'x', lyrics: 'la la', instrumental: true }, 'lyrics'],
    ['a prompt of 201 characters', { prompt: '배'.repeat(201) }, 'prompt'],
    ['a prompt of 201 emoji', { prompt: '🚣'.repeat(201) }, 'prompt'],
    ['an empty prompt', { prompt: ' ' }, 'prompt'],
    ['a title of 81 characters', { prompt: 'x', title: 't'.repeat(81) }, 'title'],
    ['lyrics over the limit of the model', { prompt: 'x', lyrics: '가'.repeat(1001), model: 'v3.0' }, 'lyrics'],
    ['prompt and style together over the limit of the model', { prompt: 'p'.repeat(150), style: 's'.repeat(49), model: 'v4.0' }, 'style'],
    ['a style over a thousand with the prompt', { prompt: 'p'.repeat(200), style: 's'.repeat(799) }, 'style'],
    ['a model that is not offered', { prompt: 'x', model: 'v5.0' }, 'model'],
    ['a control character', { prompt: 'a\u0007b' }, 'prompt'],
    ['half an emoji', { prompt: 'boat \ud83d' }, 'prompt'],
  ])('%s', async (_what, input, field) => {
    expect(await refusalOf(input)).toEqual({ status: 400, fields: [field] });
  });

  it('an unknown field', async () => {
    expect((await refusalOf({ prompt: 'x', seed: 7 })).status).toBe(400);
  });

  it('but what is exactly at the limit is taken, counted in characters as people see them typed', async () => {
    const other = await newToken();
    const ask = (input: Input) => studio.service.call(createSong, input, { token: other });
    const { body } = await ask({ prompt: '🚣'.repeat(200), model: 'v4.5' });
    expect(body.generation.request.prompt).toBe('🚣'.repeat(200));
    expect((await ask({ prompt: 'p'.repeat(150), style: 's'.repeat(48), model: 'v4.0' })).status).toBe(202);
    expect((await ask({ prompt: 'x', lyrics: '가'.repeat(1000), model: 'v3.0' })).status).toBe(202);
    // Decomposed Hangul counts as what it is composed to.
    const typed = await ask({ prompt: '배'.repeat(200).normalize('NFD') });
    expect(typed.body.generation.request.prompt).toBe('배'.repeat(200));
    const { profile } = (await studio.service.call(getProfile, {}, { token: other })).body;
    expect(profile.allowance.songsLeftToday).toBe(6);
  });
});

describe('the allowance of the day', () => {
  it('ten songs a day and no more, and what is left is told', async () => {
    const busy = await newToken();
    const ask = () => studio.service.call(createSong, { prompt: 'boats' }, { token: busy });
    const answers = [];
    for (let songs = 0; songs < 11; songs += 1) answers.push(await ask());
    expect(answers.map(({ status }) => status)).toEqual([...Array(10).fill(202), 429]);
    expect(answers.at(-1)?.problem).toMatchObject({ code: 'daily_songs_reached', limit: 10, resetsAt: expect.any(String) });
    expect(Number(answers.at(-1)?.headers.get('retry-after'))).toBeGreaterThan(0);
    const { profile } = (await studio.service.call(getProfile, {}, { token: busy })).body;
    expect(profile.allowance).toMatchObject({ songsPerDay: 10, songsLeftToday: 0 });
  });
});
