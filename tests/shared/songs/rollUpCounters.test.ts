/** What waits in `counters/` reaches the songs, whoever runs beside it and wherever it is ended: docs/decisions/0027. */
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { closeDatabase, database, newId, systemWorld, toDocument } from '#shared/runtime';
import { COUNTER_BOUNDS, likeSong, removeTraces, rollUpCounters, type Song, writeSongSearch } from '#shared/songs';
import { addCounts, rollUp } from '../../../shared/songs/counters.ts';
import { TestClock } from '../../support/clock.ts';
import { countDocuments } from '../../support/countDocuments.ts';
import { useOwnProject } from '../../support/service.ts';

const clock = new TestClock();
const at = '2026-03-01T12:00:00.000Z';
let song: Song;

beforeAll(() => void useOwnProject());
afterAll(() => closeDatabase());

beforeEach(async () => {
  for (const { ref } of (await (await database()).collection('counters').get()).docs) await ref.delete();
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

const run = (bounds = COUNTER_BOUNDS) => rollUpCounters({ world: { ...systemWorld, clock }, signal: AbortSignal.timeout(20_000), bounds });
const like = (listener: number) => likeSong(song, { uid: `u${listener}`, liked: true, now: new Date(clock.now()) });

async function stored(collection = 'songs') {
  const db = await database();
  return (await db.doc(`${collection}/${song.songId}`).get()).data();
}

async function wait(counts: object): Promise<void> {
  const db = await database();
  await db.doc(`counters/${song.songId}.2`).set({ ...counts, isDirty: true });
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

it('With nothing that waits it costs two queries', async () => {
  await run();
  expect(await countDocuments(run)).toEqual({ reads: 2, writes: 0 });
});

it('What is counted between its look and its writing is not lost', async () => {
  const db = await database();
  await wait({ likes: 1, plays: 0 });
  const client = Object.getPrototypeOf(db.batch()) as { commit(): Promise<unknown> };
  const { commit } = client;
  client.commit = async function () {
    client.commit = commit;
    await db.doc(`counters/${song.songId}.2`).update({ likes: 2 }); // right before the batch of the run
    return await commit.call(this);
  };
  try {
    await rollUp(song.songId, new Date(clock.now()));
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

it('More songs than one run may look at are all carried over by the next ones', async () => {
  const db = await database();
  for (let more = 0; more < 5; more += 1) await db.doc(`counters/${newId('sng')}`).set({ plays: 1, isDirty: true });
  await wait({ likes: 0, plays: 1 });
  const little = { ...COUNTER_BOUNDS, page: 4 };
  const reports = [await run(little), await run(little), await run(little)];
  expect(reports.map(({ isDone }) => isDone)).toEqual([false, expect.any(Boolean), true]);
  expect(reports.map(({ isNudged }) => isNudged)).toEqual(reports.map(({ isDone }) => !isDone));
  expect(reports.reduce((sum, { songs }) => sum + songs, 0)).toBe(6);
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
  await rollUpCounters({
    world: { ...systemWorld, clock: hurried },
    signal: AbortSignal.timeout(20_000),
    bounds: { ...bounds, passMs: 4 },
  });
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

it('Songs that somebody has spoiled by hand, more than a run may look at, call no run after run, and hold nobody up', async () => {
  const db = await database();
  const spoiled = Array.from({ length: 10 }, () => newId('sng'));
  for (const songId of spoiled) {
    await db.doc(`songs/${songId}`).set({ title: 7 });
    await db.doc(`counters/${songId}.1`).set({ likes: 1, plays: 0, isDirty: true });
  }
  const little = { ...COUNTER_BOUNDS, page: 4, passedBy: 8 };
  const alone = [await run(little), await run(little), await run(little)];
  expect(alone).toEqual([4, 4, 2].map((failed, at) => ({ songs: 0, failed, isDone: at === 2, isNudged: false })));
  await wait({ likes: 0, plays: 1 });
  expect(await run(little)).toEqual({ songs: 1, failed: 0, isDone: true, isNudged: false });
  expect(await stored()).toMatchObject({ plays: 8 });
  for (const songId of spoiled) await db.doc(`songs/${songId}`).set({ ...toDocument(song), songId });
  clock.advance(10 * 60_000);
  expect(await run()).toEqual({ songs: 10, failed: 0, isDone: true, isNudged: false });
});

it('A song that is played all the time gets its plays, and none of them twice', async () => {
  const db = await database();
  let played = 0;
  let isOver = false;
  const playing = (async () => {
    for (; !isOver; played += 1) {
      const batch = db.batch();
      await addCounts(batch, db, { songId: song.songId, by: `listen_${played}` }, { plays: 1 });
      await batch.commit();
    }
  })();
  try {
    while (played < 5) await new Promise((resolve) => setTimeout(resolve, 5));
    const shown: number[] = [];
    for (let runs = 0; runs < 3; runs += 1) {
      await run();
      shown.push((await stored())!['plays']);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(shown[0]).toBeGreaterThan(song.plays);
    expect(shown[2]).toBeGreaterThan(shown[0]!);
  } finally {
    isOver = true;
  }
  await playing;
  await Promise.all([run(), run()]);
  await run();
  expect(await stored()).toMatchObject({ plays: song.plays + played });
});

it('One run reads and writes no more than it may, with far more songs and likes that wait', async () => {
  const db = await database();
  const writer = db.bulkWriter();
  for (let at = 0; at < 150; at += 1) {
    const songId = newId('sng');
    if (at % 3 > 0) void writer.create(db.doc(`songs/${songId}`), { ...toDocument(song), songId });
    else for (let like = 0; like < 3; like += 1) void writer.create(db.doc(`likes/l${like}_${songId}`), { uid: `l${like}`, songId });
    for (const shard of [0, 1]) void writer.create(db.doc(`counters/${songId}.${shard}`), { likes: 1, plays: 1, isDirty: true });
  }
  await writer.close();
  const asked = await countDocuments(run);
  expect(asked.reads).toBeLessThanOrEqual(COUNTER_BOUNDS.reads);
  expect(asked.writes).toBeLessThanOrEqual(COUNTER_BOUNDS.writes);
  expect(asked.writes).toBeGreaterThan(50);
});
