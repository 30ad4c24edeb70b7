/** Plays of songs in a bucket: whoever is sent there gets the bytes without us. */
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { playsCounted, type Song } from '#shared/songs';
import { playsOf, waitingCounts } from '../../shared/songs/waitingCounts.ts';
import type { People } from '../../support/callers.ts';
import { fromSomewhere } from '../../support/fromSomewhere.ts';
import { given } from '../../support/given.ts';
import { HOUSE_BUCKET, type House, openHouse } from '../../support/openHouse.ts';

let house: House;
let people: People;
let song: Song;

beforeAll(async () => {
  house = await openHouse({ hasBucket: true, settings: { MEDIA_STORES: `gcs:${HOUSE_BUCKET}` } });
  people = await house.newPeople();
});
afterAll(() => house.close());

beforeEach(async () => {
  song = await given.song({ owner: people.owner.uid, visibility: 'public' });
});

const listen = (headers: Record<string, string> = {}, method = 'GET') =>
  house.service.send(`streamSong?songId=${song.songId}`, { method, headers: { ...fromSomewhere(), ...headers } });

/** What stands in the song, and what waits. */
async function plays(): Promise<number> {
  await playsCounted();
  return playsOf(song.songId);
}

it('A redirect to the beginning is a play, and is stored when it comes', async () => {
  expect((await listen()).status).toBe(302);
  expect(Object.keys(await waitingCounts(song.songId))).not.toEqual([]);
  expect(await plays()).toBe(1);
});

it('Each redirect to the beginning is one', async () => {
  expect((await listen()).status).toBe(302);
  expect(await plays()).toBe(1);
  expect((await listen({ range: 'bytes=0-' })).status).toBe(302);
  expect(await plays()).toBe(2);
});

it.each<[string, Record<string, string>, string]>([
  ['a HEAD', {}, 'HEAD'],
  ['a redirect for a later part', { range: 'bytes=1000-' }, 'GET'],
  ['a redirect for the end', { range: 'bytes=-1000' }, 'GET'],
])('%s is none', async (_what, headers, method) => {
  expect((await listen(headers, method)).status).toBe(302);
  expect(await plays()).toBe(0);
});
