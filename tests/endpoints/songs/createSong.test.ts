import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signUp } from '../../../functions/accounts/signUp.ts';
import { createSong } from '../../../functions/songs/createSong.ts';
import { getGeneration } from '../../../functions/songs/getGeneration.ts';
import { getPlayback } from '../../../functions/songs/getPlayback.ts';
import { getSong } from '../../../functions/songs/getSong.ts';
import { openStudio, type Studio } from '../../support/studio.ts';

let studio: Studio;
let token: string;

beforeAll(async () => {
  studio = await openStudio();
  const { body } = await studio.service.call(signUp, { email: 'mina@sori.example', password: 'a long password', displayName: 'Mina' });
  token = body.session.idToken;
});

afterAll(() => studio.close());

describe('making a song', () => {
  it('a request becomes two songs that play', async () => {
    const { service } = studio;
    const asked = await service.call(createSong, { prompt: 'a calm song about paper boats' }, { token });
    expect(asked.status).toBe(202);
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
