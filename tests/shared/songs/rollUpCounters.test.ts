/** What waits in `counters/` reaches the songs, whoever runs beside it and wherever it is ended: docs/decisions/0027. */
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { closeDatabase, database, newId, toDocument } from '#shared/runtime';
import { COUNTER_BOUNDS, likeSong, removeTraces, rollUpCounters, type Song, writeSongSearch } from '#shared/songs';
import { rollUp } from '../../../shared/songs/counters.ts';
import { TestClock } from '../../support/clock.ts';
import { countDocuments } from '../../support/countDocuments.ts';
import { useOwnProject } from '../../support/service.ts';

const clock = new TestClock();
const at = '2026-03-01T12:00:00.000Z';
let song: Song;

beforeAll(() => void useOwnProject());
afterAll(() => closeDatabase());

beforeEach(async () => {
  song = {
    ...{ songId: newId('sng'), generationId: null, ownerId: 'mina', ownerName: 'Mina', title: 'Boats', style: 'folk', lyrics: null },
    ...{ instrumental: false, visibility: 'public', state: 'ready', durationMs: 2_000, audio: { contentType: 'audio/mpeg', bytes: 9 } },
    ...{ hasCover: false, likes: 41, plays: 7, createdAt: at, updatedAt: at },
  };
  const db = await database();
  const batch = db.batch().set(db.doc(`songs/${song.songId}`), toDocument(song));
  writeSongSearch(batch, db, song);
  for (let listener = 0; listener < 6; listener += 1) batch.set(db.doc(`users/u${listener}`), {});
  await batch.commit();
});

const run = (bounds = COUNTER_BOUNDS) => rollUpCounters({ world: { clock }, signal: AbortSignal.timeout(20_000), bounds });
const like = (listener: number) => likeSong(song, { uid: `u${listener}`, liked: true, now: new Date(clock.now()) });

async function stored(collection = 'songs') {
  const db = await database();
  return (await db.doc(`${collection}/${song.songId}`).get()).data();
}

async function wait(counts: object): Promise<void> {
  const db = await database();
  await db.doc(`counters/${song.songId}`).set({ ...counts, isDirty: true });
}

async function likes(): Promise<number> {
  const db = await database();
  return (await db.collection('likes').where('songId', '==', song.songId).get()).size;
}

async function deleteSong(): Promise<void> {
  const db = await database();
  const batch = db.batch().delete(db.doc(`songs/${song.songId}`));
  removeTraces(batch, db, song.songId);
  await batch.commit();
}

it('Likes and plays that wait are carried over once, also when several run at once', async () => {
  await wait({ likes: 2, plays: 30 });
  await Promise.all([run(), run(), run()]);
  await run();
  expect(await stored()).toEqual({
    ...toDocument({ ...song, likes: 43, plays: 37 }),
    createdAt: expect.anything(),
    updatedAt: expect.anything(),
  });
  expect((await stored())?.['updatedAt'].toDate().toISOString()).toBe(song.updatedAt);
  expect(await stored('songSearch')).toMatchObject({ likes: 43, tokens: expect.arrayContaining(['BOATS']) });
});

it('With nothing that waits it costs one query', async () => {
  await run();
  expect(await countDocuments(run)).toEqual({ reads: 1, writes: 0 });
});

it('What is counted between its look and its writing is not lost', async () => {
  const db = await database();
  await wait({ likes: 1, plays: 0, paidUntilAt: new Date(clock.now() + 60_000) }); // so a like waits, too
  const client = Object.getPrototypeOf(db.batch()) as { commit(): Promise<unknown> };
  const { commit } = client;
  client.commit = async function () {
    client.commit = commit;
    await like(0); // right before the batch of the run
    return await commit.call(this);
  };
  try {
    await rollUp(song.songId, new Date(clock.now()), { mayWait: false });
  } finally {
    client.commit = commit;
  }
  await run();
  expect(await stored()).toMatchObject({ likes: 43 });
});

it('Six people who like a song while three runs are at work are all counted', async () => {
  await Promise.all([...Array.from({ length: 6 }, (_, listener) => like(listener)), run(), run(), run()]);
  await run();
  expect(await stored()).toMatchObject({ likes: 47 });
  expect(await likes()).toBe(6);
});

it('More songs than a page holds are all carried over', async () => {
  const db = await database();
  for (let more = 0; more < 5; more += 1) await db.doc(`counters/${newId('sng')}`).set({ plays: 1, isDirty: true });
  await wait({ likes: 0, plays: 1 });
  expect(await run({ ...COUNTER_BOUNDS, pageSize: 2 })).toEqual({ songs: 6, failed: 0, isDone: true });
  expect(await stored()).toMatchObject({ plays: 8 });
  expect((await db.collection('counters').where('isDirty', '==', true).get()).size).toBe(0);
});

it('The likes of a deleted song go in steps, its counters last, and a run goes on where another was ended', async () => {
  const db = await database();
  for (let listener = 0; listener < 7; listener += 1) {
    await db.doc(`likes/v${listener}_${song.songId}`).set({ uid: `v${listener}`, songId: song.songId });
  }
  await deleteSong();
  const bounds = { ...COUNTER_BOUNDS, likesPerStep: 2 };
  let looks = 0;
  const hurried = { now: clock.now, sleep: clock.sleep, monotonicMs: () => ++looks };
  await rollUpCounters({ world: { clock: hurried }, signal: AbortSignal.timeout(20_000), bounds: { ...bounds, passMs: 4 } });
  expect(await stored('counters')).toEqual({ isDirty: true });
  expect(await likes()).toBe(3);
  await run(bounds);
  expect(await likes()).toBe(0);
  expect(await stored('counters')).toBeUndefined();
});

it('A like that comes after the song has gone is answered so, and goes with the next run', async () => {
  await deleteSong();
  await run();
  await expect(like(0)).rejects.toMatchObject({ code: 'not_found' });
  await run();
  expect(await likes()).toBe(0);
  expect(await stored('counters')).toBeUndefined();
});

it('What somebody has spoiled by hand counts nothing, and holds nobody up', async () => {
  await wait({ likes: 'many', plays: 2, paidUntilAt: 'tomorrow' });
  expect(await run()).toMatchObject({ failed: 0, isDone: true });
  expect(await stored()).toMatchObject({ likes: 41, plays: 9 });
});
