import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { z } from 'zod';
import { database, newId, toDocument } from '#shared/runtime';
import type { Song } from '#shared/songs';
import { signUp } from '../../../functions/accounts/signUp.ts';
import { getSong } from '../../../functions/songs/getSong.ts';
import { updateSong } from '../../../functions/songs/updateSong.ts';
import { type Service, startService } from '../../support/service.ts';

let service: Service;
let token: string;
let uid: string;

beforeAll(async () => {
  service = await startService();
  const { body } = await service.call(signUp, { email: 'mina@sori.example', password: 'a long password', displayName: 'Mina' });
  ({ idToken: token, uid } = body.session);
});

afterAll(() => service.close());

async function givenSong(own: Partial<Song> = {}): Promise<Song> {
  const at = '2026-03-01T12:00:00.000Z';
  const song: Song = {
    ...{ songId: newId('sng'), generationId: null, ownerId: uid, ownerName: 'Mina', title: 'Boats', style: 'folk', lyrics: null },
    ...{ instrumental: false, visibility: 'private', state: 'ready', durationMs: 2_000, audio: { contentType: 'audio/mpeg', bytes: 9 } },
    ...{ hasCover: false, likes: 0, plays: 0, createdAt: at, updatedAt: at, ...own },
  };
  const db = await database();
  await db.doc(`songs/${song.songId}`).set(toDocument(song));
  return song;
}

const change = (input: z.input<typeof updateSong.input>) => service.call(updateSong, input, { token });

async function read(songId: string): Promise<Song> {
  return (await service.call(getSong, { songId }, { token })).body.song;
}

describe('updateSong', () => {
  it('changes what is given and nothing else, and its owner reads it at once', async () => {
    const song = await givenSong();
    const { status, body } = await change({ songId: song.songId, title: '종이배 🚣' });
    expect(status).toBe(200);
    expect(body.song).toEqual({ ...song, title: '종이배 🚣', updatedAt: expect.any(String) });
    expect(body.song.updatedAt > song.updatedAt).toBe(true);
    expect(await read(song.songId)).toEqual(body.song);
  });

  it('makes a ready song public, and strangers can read it from then on, and no longer when it is private again', async () => {
    const { songId } = await givenSong();
    expect((await service.call(getSong, { songId })).status).toBe(404);
    await change({ songId, visibility: 'public' });
    expect((await service.call(getSong, { songId })).body.song.visibility).toBe('public');
    await change({ songId, visibility: 'private' });
    expect((await service.call(getSong, { songId })).status).toBe(404);
  });

  it.each(['failed', 'hidden'] as const)('publishes no song that is %s, but takes a new title for it', async (state) => {
    const { songId } = await givenSong({ state });
    for (const visibility of ['public', 'unlisted'] as const) {
      expect((await change({ songId, visibility })).problem).toMatchObject({ status: 409, code: 'song_not_ready' });
    }
    expect((await change({ songId, title: 'Another' })).body.song).toMatchObject({ title: 'Another', visibility: 'private', state });
  });

  it('changes nothing of a song that is being made', async () => {
    const song = await givenSong({ state: 'making', durationMs: null, audio: null });
    expect((await change({ songId: song.songId, title: 'Too early' })).problem).toMatchObject({ code: 'song_not_ready' });
    expect(await read(song.songId)).toEqual(song);
  });

  it('keeps both of two changes made at once to different fields', async () => {
    const { songId } = await givenSong();
    await Promise.all([
      change({ songId, title: 'New title' }),
      change({ songId, lyrics: 'New\nlyrics' }),
      change({ songId, visibility: 'public' }),
    ]);
    expect(await read(songId)).toMatchObject({ title: 'New title', lyrics: 'New\nlyrics', visibility: 'public' });
  });

  it("asks for at least one change, and finds nothing that is a stranger's", async () => {
    const mine = await givenSong();
    expect((await change({ songId: mine.songId })).problem?.code).toBe('invalid_input');
    const theirs = await givenSong({ ownerId: 'someone-else', visibility: 'public' });
    expect((await change({ songId: theirs.songId, title: 'Mine now' })).problem).toMatchObject({ status: 404, code: 'not_found' });
  });
});
