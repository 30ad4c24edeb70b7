/** One listen is one play: docs/decisions/0027. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { database } from '#shared/runtime';
import { countPlay, playsCounted, type Song } from '#shared/songs';
import { getPlayback } from '../../../functions/songs/getPlayback.ts';
import { streamSong } from '../../../functions/songs/streamSong.ts';
import { playsOf } from '../../shared/songs/waitingCounts.ts';
import type { People } from '../../support/callers.ts';
import { TestClock } from '../../support/clock.ts';
import { countDocuments } from '../../support/countDocuments.ts';
import { fromSomewhere } from '../../support/fromSomewhere.ts';
import { given, SOUND } from '../../support/given.ts';
import { type House, openHouse } from '../../support/openHouse.ts';

let house: House;
let people: People;
let song: Song;
const clock = new TestClock();

beforeAll(async () => {
  house = await openHouse({ world: { clock } });
  clock.advance(60_000); // Auth's own clock goes on while this one stands
  people = await house.newPeople();
});
afterAll(() => house.close());

beforeEach(async () => {
  clock.advance(60_000);
  song = await given.song({ owner: people.owner.uid, visibility: 'public' });
});

type How = Parameters<House['service']['send']>[1];

const listen = (how: How = {}, query = '') =>
  house.service.send(`streamSong?songId=${song.songId}${query}`, { ...how, headers: { ...fromSomewhere(), ...how?.headers } });

async function ticketOf(who: 'owner' | 'stranger'): Promise<string> {
  const token = await people[who].tokenFor('getPlayback');
  const { url } = (await house.service.call(getPlayback, { songId: song.songId }, { token })).body;
  return `&ticket=${new URL(url).searchParams.get('ticket')}`;
}

/** Counting goes on beside the answer. */
async function plays(): Promise<number> {
  await playsCounted();
  return playsOf(song.songId);
}

describe('Somebody signed in', () => {
  it('counts as himself, wherever he is', async () => {
    const authorization = `Bearer ${await people.stranger.tokenFor('streamSong')}`;
    for (let times = 0; times < 2; times += 1) await listen({ headers: { ...fromSomewhere(), authorization } });
    expect(await plays()).toBe(1);
  });

  it('no address and no uid is stored in the clear', async () => {
    const headers = { ...fromSomewhere() };
    await listen({ headers });
    await listen({ headers: { authorization: `Bearer ${await people.stranger.tokenFor('streamSong')}` } });
    expect(await plays()).toBe(2);
    const db = await database();
    const stored = (await db.collection('plays').get()).docs.map((play) => JSON.stringify([play.id, play.data()])).join();
    for (const telling of [...Object.values(headers), people.stranger.uid]) expect(stored).not.toContain(telling);
  });
});

describe('With a ticket', () => {
  it('a listen counts as one play, in however many parts and however often it is fetched', async () => {
    const ticket = await ticketOf('stranger');
    for (const range of [undefined, 'bytes=0-1', 'bytes=0-', 'bytes=500-', undefined]) {
      await listen({ headers: range ? { range } : {} }, ticket);
    }
    expect(await plays()).toBe(1);
    await Promise.all([await ticketOf('stranger'), await ticketOf('owner')].map((another) => listen({}, another)));
    expect(await plays()).toBe(3);
  });

  it('it counts once when its parts are fetched at the same moment, by several instances', async () => {
    const at = { now: new Date(clock.now()), clock };
    const { songId } = song;
    const listens = Array.from({ length: 6 }, () => countPlay({ songId, ticketId: 'tkt_same', listener: 'x' }, at));
    await Promise.all([...listens, listen({}, await ticketOf('owner'))]);
    expect(await plays()).toBe(2);
  });

  it('it counts again with another ticket only, also after half an hour', async () => {
    const ticket = await ticketOf('stranger');
    await listen({}, ticket);
    expect(await plays()).toBe(1);
    clock.advance(40 * 60_000);
    await listen({}, ticket);
    expect(await plays()).toBe(1);
  });

  it('private songs count as well', async () => {
    song = await given.song({ owner: people.owner.uid });
    await listen({}, await ticketOf('owner'));
    expect(await plays()).toBe(1);
  });
});

describe('Without a ticket', () => {
  it('an address counts once in half an hour for each song, and another address by itself', async () => {
    const here = { headers: fromSomewhere() };
    for (let times = 0; times < 3; times += 1) await listen(here);
    expect(await plays()).toBe(1);
    clock.advance(29 * 60_000);
    await listen(here);
    expect(await plays()).toBe(1);
    clock.advance(61_000);
    await listen(here);
    await listen({ headers: fromSomewhere() });
    expect(await plays()).toBe(3);
  });

  it('half an hour counts also for an instance that knows nothing of it', async () => {
    const at = () => ({ now: new Date(clock.now()), clock });
    await countPlay({ songId: song.songId, listener: '203.0.113.7' }, at());
    const db = await database();
    const expiresAtMs = clock.now() + 30 * 60_000;
    const [play] = (await db.collection('plays').get()).docs.filter((each) => each.get('expireAt').toMillis() === expiresAtMs);
    await play!.ref.update({ expireAt: new Date(clock.now() + 45 * 60_000) }); // counted a quarter of an hour later, elsewhere
    clock.advance(31 * 60_000);
    await countPlay({ songId: song.songId, listener: '203.0.113.7' }, at());
    expect(await plays()).toBe(1);
    clock.advance(31 * 60_000);
    await countPlay({ songId: song.songId, listener: '203.0.113.7' }, at());
    expect(await plays()).toBe(2);
  });
});

describe('No play is', () => {
  it.each<[string, How, string]>([
    ['a HEAD', { method: 'HEAD' }, ''],
    ['a later part alone', { headers: { range: 'bytes=10-' } }, ''],
    ['the end of it', { headers: { range: 'bytes=-10' } }, ''],
    ['what cannot be satisfied', { headers: { range: 'bytes=99999-' } }, ''],
    ['a download', {}, '&download=true'],
    ['what is refused', {}, '&ticket=forged'],
  ])('%s', async (_what, how, query) => {
    await listen(how, query);
    expect(await plays()).toBe(0);
  });

  it('what the caller has already', async () => {
    const etag = (await listen({ method: 'HEAD' })).headers.get('etag')!;
    expect((await listen({ headers: { 'if-none-match': etag } })).status).toBe(304);
    expect(await plays()).toBe(0);
  });
});

it('A play costs no more than the definition says', async () => {
  const seen = await countDocuments(async () => {
    const { text } = await listen();
    expect(text).toHaveLength(SOUND.toString('utf8').length);
    await plays();
  });
  expect(seen.writes).toBeLessThanOrEqual(streamSong.budget.writes);
});
