import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from '#shared/client';
import { openStudio, type Studio } from '../support/studio.ts';

let studio: Studio;

beforeAll(async () => {
  studio = await openStudio();
});

afterAll(() => studio.close());

describe('A client', () => {
  it('signs up, has a song made, follows it until it is ready, and plays it', async () => {
    const client = createClient({ baseUrl: `${studio.service.url}/` });
    const { profile } = await client.signUp({ email: 'mina@sori.example', password: 'a long password', displayName: 'Mina' });
    const { generation } = await client.createSong({ prompt: 'a calm song about paper boats', visibility: 'public' });
    expect(generation).toMatchObject({ ownerId: profile.uid, state: 'queued', songs: [] });
    const { generationId } = generation;
    await studio.workUntil(async () => (await client.getGeneration({ generationId })).generation.state === 'ready');
    const [made] = (await client.getGeneration({ generationId })).generation.songs;
    const { song } = await client.getSong({ songId: made!.songId });
    const { url } = await client.getPlayback({ songId: song.songId });
    const played = await fetch(url);
    expect([played.status, (await played.arrayBuffer()).byteLength]).toEqual([200, song.audio!.bytes]);
  });
});
