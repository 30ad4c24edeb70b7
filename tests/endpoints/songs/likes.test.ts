/** Likes, and how what is counted gets into the songs: docs/decisions/0027. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { database, systemWorld } from '#shared/runtime';
import { likeSong as countLike, rollUpCounters, type Song } from '#shared/songs';
import { getSong } from '../../../functions/songs/getSong.ts';
import { likeSong } from '../../../functions/songs/likeSong.ts';
import { listSongs } from '../../../functions/songs/listSongs.ts';
import { waitingCounts } from '../../shared/songs/waitingCounts.ts';
import { type People, signUpPerson } from '../../support/callers.ts';
import { TestClock } from '../../support/clock.ts';
import { countDocuments } from '../../support/countDocuments.ts';
import { given } from '../../support/given.ts';
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
  song = await given.song({ owner: people.owner.uid, visibility: 'public', likes: 41, plays: 7 });
});

async function like(liked: boolean, who: { tokenFor(name: string): Promise<string | undefined> } = people.stranger, { songId } = song) {
  return await house.service.call(likeSong, { songId, liked }, { token: await who.tokenFor('likeSong') });
}

async function stored() {
  const db = await database();
  return (await db.doc(`songs/${song.songId}`).get()).data();
}

const rollUp = () => rollUpCounters({ world: { ...systemWorld, clock }, signal: AbortSignal.timeout(20_000) });

async function likesOf({ songId } = song): Promise<string[]> {
  const db = await database();
  return (await db.collection('likes').where('songId', '==', songId).get()).docs.map(({ id }) => id);
}

describe('A like', () => {
  it('counts at once, and everybody reads it', async () => {
    const { status, body } = await like(true);
    expect({ status, body }).toEqual({ status: 200, body: { song: { ...song, likes: 42 } } });
    expect((await house.service.call(getSong, { songId: song.songId })).body.song).toEqual({ ...song, likes: 42 });
    expect(await likesOf()).toEqual([`${people.stranger.uid}_${song.songId}`]);
  });

  it('is taken back as it was given, and the same twice changes nothing', async () => {
    const seen: number[] = [];
    for (const liked of [false, true, true, false, false]) seen.push((await like(liked)).body.song.likes);
    expect(seen).toEqual([41, 42, 42, 41, 41]);
    expect(await stored()).toMatchObject({ likes: 41, plays: 7 });
    expect(await likesOf()).toEqual([]);
  });

  it('counts once, however often it is sent at the same moment', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => like(true)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    await rollUp();
    expect(await stored()).toMatchObject({ likes: 42 });
  });

  it('is for what one may read: own songs in any state, of others what is shared', async () => {
    for (const own of [{ visibility: 'private' }, { visibility: 'public', state: 'hidden' }] as const) {
      const other = await given.song({ owner: people.owner.uid, ...own });
      expect((await like(true, people.stranger, other)).problem).toMatchObject({ status: 404, code: 'not_found' });
      expect((await like(true, people.owner, other)).body.song.likes).toBe(1);
      expect(await likesOf(other)).toEqual([`${people.owner.uid}_${other.songId}`]);
    }
  });

  it('leaves the time of the last change as it is, and moves the song up among the most liked', async () => {
    const other = await given.song({ owner: people.owner.uid, visibility: 'public', likes: 41, title: 'Zebra' });
    await like(true, people.stranger, other);
    expect((await house.service.call(getSong, { songId: other.songId })).body.song.updatedAt).toBe(other.updatedAt);
    for (const query of [undefined, 'zebra']) {
      const { items } = (await house.service.call(listSongs, { scope: 'public', sort: 'popular', ...(query ? { query } : {}) })).body;
      expect(items[0]).toMatchObject({ songId: other.songId, likes: 42 });
    }
  });

  it('of an account that has gone is refused, and leaves nothing', async () => {
    const liking = countLike(song, { uid: 'nobody', liked: true, now: new Date() });
    await expect(liking).rejects.toMatchObject({ code: 'session_ended' });
    expect(await likesOf()).toEqual([]);
  });

  it('costs no more than the definition says', async () => {
    const { uid } = people.stranger;
    const { reads, writes } = await countDocuments(() => countLike(song, { uid, liked: true, now: new Date(clock.now()) }));
    expect(reads + 1).toBe(likeSong.budget.reads);
    expect(writes).toBeLessThanOrEqual(likeSong.budget.writes);
  });
});

describe('A song that many like', () => {
  it('counts all of them exactly, is written a few times only, and has them all within a minute', async () => {
    const crowd = await Promise.all(Array.from({ length: 20 }, () => signUpPerson(house.service)));
    const db = await database();
    const seen: number[] = [];
    const stop = db.doc(`songs/${song.songId}`).onSnapshot((snapshot) => seen.push(Number(snapshot.get('likes'))));
    const answers = await Promise.all(crowd.map(({ token }) => like(true, { tokenFor: () => Promise.resolve(token) })));
    expect(answers.map(({ status }) => status)).toEqual(crowd.map(() => 200));
    expect(await likesOf()).toHaveLength(20);
    expect(await rollUp()).toEqual({ songs: expect.any(Number), failed: 0, isDone: true, isNudged: false });
    expect(await stored()).toMatchObject({ likes: 61 });
    stop();
    expect(seen.length).toBeLessThanOrEqual(7); // as it was, five at once, the job
  });

  it('shows a few changes in a row at once, then one in ten seconds', async () => {
    for (let times = 0; times < 3; times += 1) await Promise.all([await like(true), await like(false)]);
    expect(await stored()).toMatchObject({ likes: 42 }); // the sixth change waits
    expect((await like(true)).body.song.likes).toBe(42); // and who makes one is told
    clock.advance(10_000);
    await like(false);
    expect(await stored()).toMatchObject({ likes: 41 });
    expect(Object.values(await waitingCounts(song.songId))).toMatchObject([{ likes: 0, plays: 0, isDirty: false }]);
  });
});
