import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signUp } from '../../../functions/accounts/signUp.ts';
import { cancelGeneration } from '../../../functions/songs/cancelGeneration.ts';
import { deleteSong } from '../../../functions/songs/deleteSong.ts';
import { getPlayback } from '../../../functions/songs/getPlayback.ts';
import { getSong } from '../../../functions/songs/getSong.ts';
import { showCover } from '../../../functions/songs/showCover.ts';
import { streamSong } from '../../../functions/songs/streamSong.ts';
import { updateSong } from '../../../functions/songs/updateSong.ts';
import { dueAtOf, type Listener, newListener } from '../../shared/generation/listener.ts';
import { openStudio, type Studio } from '../../support/studio.ts';

let studio: Studio;
let mina: Listener;
let stranger: string;
let songId: string;
let generationId: string;

beforeAll(async () => {
  studio = await openStudio();
  mina = await newListener(studio);
  const other = { email: 'jun@sori.example', password: 'a long password', displayName: 'Jun' };
  stranger = (await studio.service.call(signUp, other)).body.session.idToken;
  generationId = await mina.ask({ title: '종이배: "boats"' });
  await studio.workUntil(async () => (await dueAtOf(generationId)) === undefined, { stepS: 10 });
  songId = (await mina.generation(generationId)).songs[0]?.songId ?? '';
});

afterAll(() => studio.close());

const read = (name: string, id: string, token?: string) =>
  studio.service.send(`${name}?songId=${id}`, token ? { headers: { authorization: `Bearer ${token}` } } : {});
const setVisibility = (visibility: 'private' | 'unlisted' | 'public') =>
  studio.service.call(updateSong, { songId, visibility }, { token: mina.token });

describe('playing a private song', () => {
  it('its owner gets addresses for sound and cover that need nothing else', async () => {
    const { body } = await studio.service.call(getPlayback, { songId }, { token: mina.token });
    const { song } = (await studio.service.call(getSong, { songId }, { token: mina.token })).body;
    const sound = await fetch(body.url);
    expect(sound.headers.get('content-type')).toBe('audio/mpeg');
    expect((await sound.bytes()).length).toBe(song.audio?.bytes);
    const cover = await fetch(body.coverUrl ?? '');
    expect(cover.headers.get('content-type')).toBe('image/jpeg');
    expect(Buffer.from(await cover.bytes()).subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
    expect(Date.parse(body.expiresAt) - studio.clock.now()).toBeCloseTo(6 * 3_600_000, -4);
  });

  it('strangers find nothing, with a session or without one', async () => {
    for (const token of [stranger, undefined]) {
      for (const { name } of [getPlayback, streamSong, showCover]) {
        expect((await read(name, songId, token)).problem).toMatchObject({ status: 404, code: 'not_found' });
      }
    }
  });

  it('a ticket is for what it was made for: not for the cover, not for another song, not when it is altered', async () => {
    const { url } = (await studio.service.call(getPlayback, { songId }, { token: mina.token })).body;
    const ticket = new URL(url).searchParams.get('ticket') ?? '';
    const other = (await mina.generation(generationId)).songs[1]?.songId ?? '';
    const asked = [
      studio.service.call(showCover, { songId, ticket }),
      studio.service.call(streamSong, { songId: other, ticket }),
      studio.service.call(streamSong, { songId, ticket: `${ticket.slice(0, -3)}abc` }),
    ];
    for (const { problem } of await Promise.all(asked)) expect(problem).toMatchObject({ status: 401, code: 'unauthenticated' });
  });

  it('a download is saved under its title', async () => {
    const { headers } = await studio.service.call(streamSong, { songId, download: true }, { token: mina.token });
    const saved = await fetch(headers.get('location') ?? '');
    expect(decodeURIComponent(saved.headers.get('content-disposition') ?? '')).toContain('종이배');
    await saved.bytes();
  });
});

describe('playing a song that is shared', () => {
  it.each(['unlisted', 'public'] as const)('anybody plays it without a ticket while it is %s', async (visibility) => {
    await setVisibility(visibility);
    for (const token of [stranger, undefined]) {
      const { status, headers } = await studio.service.call(streamSong, { songId }, { token });
      expect(status).toBe(302);
      expect(headers.get('cache-control')).toMatch(/^private, max-age=\d+$/);
      expect((await fetch(headers.get('location') ?? '')).status).toBe(200);
      expect((await studio.service.call(showCover, { songId }, { token })).status).toBe(302);
    }
  });

  it('a ticket that a stranger got ends with the sharing', async () => {
    await setVisibility('public');
    const { url } = (await studio.service.call(getPlayback, { songId })).body;
    await setVisibility('private');
    expect((await fetch(url, { redirect: 'manual' })).status).toBe(404);
  });
});

describe('a song that is not ready', () => {
  it('does not play, has no cover, and its request can be cancelled, twice over', async () => {
    const making = await mina.ask();
    await studio.runWorker();
    const unready = (await mina.generation(making)).songs[0]?.songId ?? '';
    const { token } = mina;
    for (const { name } of [getPlayback, streamSong]) {
      expect((await read(name, unready, token)).problem).toMatchObject({
        status: 409,
        code: 'song_not_ready',
      });
    }
    expect((await studio.service.call(showCover, { songId: unready }, { token })).status).toBe(404);
    for (const _time of [1, 2]) {
      const { status, body } = await studio.service.call(cancelGeneration, { generationId: making }, { token });
      expect({ status, state: body.generation.state, songs: body.generation.songs }).toEqual({
        status: 200,
        state: 'cancelled',
        songs: [],
      });
    }
    expect((await studio.service.call(getSong, { songId: unready }, { token })).status).toBe(404);
  });

  it('a request that has ended is not cancelled', async () => {
    const { problem } = await studio.service.call(cancelGeneration, { generationId }, { token: mina.token });
    expect(problem).toMatchObject({ status: 409, code: 'generation_ended' });
  });
});

describe('deleting a song', () => {
  it('takes it away at once, for tickets that are out too, and a second time is a success for its owner alone', async () => {
    const { url } = (await studio.service.call(getPlayback, { songId }, { token: mina.token })).body;
    expect((await studio.service.call(deleteSong, { songId }, { token: stranger })).status).toBe(404);
    expect((await studio.service.call(deleteSong, { songId }, { token: mina.token })).body).toEqual({ deleted: true });
    expect((await studio.service.call(getSong, { songId }, { token: mina.token })).status).toBe(404);
    expect((await fetch(url, { redirect: 'manual' })).status).toBe(404);
    expect((await studio.service.call(deleteSong, { songId }, { token: mina.token })).body).toEqual({ deleted: true });
    expect((await studio.service.call(deleteSong, { songId }, { token: stranger })).status).toBe(404);
  });
});
