/** What processes have written is summed up exactly once, whoever runs beside it, however late it comes, and wherever it is ended. */
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ROLL_UP_BOUNDS, recentFigures, rollUpFigures } from '#shared/figures';
import { closeDatabase, database, hashUid, newId } from '#shared/runtime';
import { addPage } from '../../../shared/figures/addPage.ts';
import { type Figures, figuresFromStored, figuresToStored } from '../../../shared/figures/figures.ts';
import { writeMinute } from '../../../shared/figures/writeMinute.ts';
import { TestClock } from '../../support/clock.ts';
import { countDocuments } from '../../support/countDocuments.ts';
import { runs } from '../../support/runs.ts';
import { useOwnProject } from '../../support/service.ts';
import { figuresOf, request, sumOfAll, writeFigures } from './givenFigures.ts';

const NOW = Date.parse('2026-11-23T14:40:30Z');
const TODAY = '2026-11-23'; // in Seoul it is 23:40
let clock: TestClock;

beforeAll(() => void useOwnProject());
afterAll(() => closeDatabase());
beforeEach(async () => {
  clock = new TestClock(NOW);
  const db = await database();
  for (const name of ['figures', 'figureHours', 'figureDays', 'figureState', 'plays', 'generationWork']) {
    for (const { ref } of (await db.collection(name).get()).docs) await ref.delete();
  }
});

const bounds = { ...ROLL_UP_BOUNDS, reads: 10_000, writes: 10_000, pauseMs: 0 };
const rollUp = (own = {}) => rollUpFigures({ world: { clock }, signal: AbortSignal.timeout(20_000), bounds: { ...bounds, ...own } });

async function sumIn(collection: string, name: string): Promise<object | undefined> {
  const db = await database();
  const stored = figuresFromStored((await db.collection(collection).doc(name).get()).data() ?? {});
  return stored && figuresToStored(stored);
}

const busy = (count: number, caller = 'mina'): Figures =>
  figuresOf(Array.from({ length: count }, () => request({ callerHash: hashUid(caller) })));

it('The sums of an hour and a day are those of all documents, also when several run at once', async () => {
  const minutes = [busy(3), busy(4, 'jun'), figuresOf([request({ status: 500, functionName: 'createSong', durationMs: 900 })])];
  for (const [at, figures] of minutes.entries()) await writeFigures(NOW - 60_000 * (at + 1), figures);
  await Promise.all([rollUp(), rollUp(), rollUp()]);
  await rollUp();
  expect(await sumIn('figureHours', '2026-11-23T14')).toEqual(figuresToStored(sumOfAll(minutes)));
  expect(await sumIn('figureDays', TODAY)).toEqual(figuresToStored(sumOfAll(minutes)));
});

it('What comes late is added to the hour and the day that it is of', async () => {
  await writeFigures(NOW - 60_000, busy(1));
  await rollUp();
  await writeFigures(Date.parse('2026-11-22T14:59:00Z'), busy(5)); // 23:59 of the day before
  await writeFigures(Date.parse('2026-11-22T15:00:00Z'), busy(7)); // midnight
  await rollUp();
  expect(await sumIn('figureDays', '2026-11-22')).toEqual(figuresToStored(busy(5)));
  expect(await sumIn('figureDays', TODAY)).toEqual(figuresToStored(sumOfAll([busy(1), busy(7)])));
  expect(await sumIn('figureHours', '2026-11-22T15')).toEqual(figuresToStored(busy(7)));
});

it('Any documents in pages of any size, with another at work at the same time, give the sums of all', async () => {
  const shape = fc.record({
    minutes: fc.array(fc.record({ ago: fc.nat(170), count: fc.nat(6), status: fc.constantFrom(200, 404, 429, 503) }), { maxLength: 9 }),
    page: fc.integer({ min: 1, max: 5 }),
  });
  const check = fc.asyncProperty(shape, async ({ minutes, page }) => {
    clock.advance(24 * 60 * 60_000); // a day of its own
    const [startMs, all] = [clock.now(), [] as Figures[]];
    for (const { ago, count, status } of minutes) {
      const figures = figuresOf(Array.from({ length: count }, () => request({ status, isRefused: status === 429 })));
      all.push(figures);
      await writeFigures(startMs - ago * 60_000, figures);
    }
    await Promise.all([rollUp({ page }), rollUp({ page: page + 1 })]);
    await rollUp();
    const day = new Date(startMs + 9 * 60 * 60_000).toISOString().slice(0, 10);
    expect((await sumIn('figureDays', day)) ?? figuresToStored(sumOfAll([]))).toEqual(figuresToStored(sumOfAll(all)));
  });
  await fc.assert(check, runs(4));
}, 60_000);

it('A page that another has begun with meanwhile is added by that one alone', async () => {
  await writeFigures(NOW - 60_000, busy(2));
  await writeFigures(NOW - 60_000, busy(3));
  const db = await database();
  const page = (await db.collection('figures').get()).docs;
  await addPage(page.slice(0, 1), new Date(NOW));
  await expect(addPage(page, new Date(NOW))).rejects.toMatchObject({ code: 9 });
  await rollUp();
  expect(await sumIn('figureDays', TODAY)).toEqual(figuresToStored(sumOfAll([busy(2), busy(3)])));
});

it('A process that stores a minute again, because it never heard that it was done, changes nothing', async () => {
  const id = await writeFigures(NOW - 60_000, busy(2));
  await rollUp();
  await writeMinute({ id, minuteMs: NOW - 60_000, figures: busy(2) });
  await rollUp();
  expect(await sumIn('figureDays', TODAY)).toEqual(figuresToStored(busy(2)));
});

it('What has expired, or was spoiled by hand, counts nothing and keeps nothing from being counted', async () => {
  const db = await database();
  await db.doc('figures/spoiled').create({ isRolledUp: false, minuteAt: 'yesterday' });
  await writeFigures(NOW - 8 * 24 * 60 * 60_000, busy(9));
  await writeFigures(NOW - 60_000, busy(1));
  expect(await rollUp({ page: 1 })).toEqual({ minutes: 1, ended: 0, isDone: true });
  expect((await db.collection('figureDays').get()).docs.map(({ id }) => id)).toEqual([TODAY]);
});

it('Plays are one for each listen, sign-ups and songs asked for as their documents say, and what is deleted stays counted', async () => {
  const db = await database();
  for (const at of [1, 2, 3]) await db.collection('plays').add({ playedAt: new Date(NOW - at * 60_000) });
  await db.collection('plays').add({ playedAt: new Date(NOW - 26 * 60 * 60_000) });
  await db.doc('users/mina').set({ createdAt: new Date(NOW - 60_000) });
  await db.doc('generations/gen_1').set({ createdAt: new Date(NOW - 60_000), state: 'queued' });
  await writeFigures(NOW - 60_000, busy(1));
  await rollUp();
  const recounted = { plays: 3, signUps: 1, asked: 1 };
  expect((await db.doc(`figureDays/${TODAY}`).get()).get('recounted')).toEqual(recounted);
  await db.doc('users/mina').delete();
  await writeFigures(NOW, busy(1));
  await rollUp();
  expect((await db.doc('figureHours/2026-11-23T14').get()).get('recounted')).toEqual(recounted);
});

it('Requests for songs that have ended are added once each, with the time they took', async () => {
  const db = await database();
  const end = (state: string, tookS: number) => {
    const endedAt = new Date(clock.now());
    return db.doc(`generationWork/${newId('gen')}`).set({ state, endedAt, createdAt: new Date(clock.now() - tookS * 1000) });
  };
  await Promise.all([end('ready', 60), end('ready', 60), end('failed', 5), end('cancelled', 1)]);
  expect((await rollUp()).ended).toBe(0); // a transaction that began at that time may still be on its way
  clock.advance(3 * 60_000);
  await Promise.all([rollUp(), rollUp()]);
  await end('ready', 60);
  clock.advance(3 * 60_000);
  await rollUp();
  const { makingTime, ...states } = (await db.doc(`figureDays/${TODAY}`).get()).get('ended');
  expect(states).toEqual({ ready: 3, failed: 1, cancelled: 1 });
  expect(makingTime).toMatch(/^\d+:3$/);
});

it('With nothing to do it costs two queries, one more look and no write', async () => {
  expect(await countDocuments(() => rollUp())).toEqual({ reads: 3, writes: 0 });
});

it('The last minutes are one read, and say how the service is doing now', async () => {
  const slow = figuresOf([
    request({ durationMs: 2_000, callerHash: hashUid('jun') }),
    request({ status: 429, isRefused: true, callerHash: hashUid('jun'), durationMs: 1 }),
    request({ functionName: 'watchService', isScheduled: true, status: 500, durationMs: 50_000 }),
  ]);
  await writeFigures(NOW - 12 * 60_000, busy(50));
  await writeFigures(NOW - 2 * 60_000, busy(8));
  await writeFigures(NOW - 60_000, slow);
  await rollUp();
  expect(await countDocuments(() => recentFigures(clock, 10))).toEqual({ reads: 1, writes: 0 });
  const recent = await recentFigures(clock, 10);
  expect(recent).toMatchObject({ requests: 10, errors5xx: 0, errorShare: 0, refusals: 1, callersRefused: 1, activeCallers: 2 });
  expect(recent.p95Ms).toBeGreaterThan(1_800);
  expect((await recentFigures(clock, 15)).requests).toBe(60);
});

it('The last minutes fit into their document however many functions there are and however busy they are', async () => {
  const times = Array.from({ length: 170 }, (_, at) => 0.012 * 1.12 ** at);
  const functions = Array.from({ length: 70 }, (_, at) => `function${at}`);
  const figures = figuresOf(functions.flatMap((functionName) => times.map((durationMs) => request({ functionName, durationMs }))));
  for (let ago = 0; ago < 15; ago += 1) await writeFigures(NOW - ago * 60_000, figures);
  for (let runs = 0; runs < 15; runs += 1) await rollUp({ page: 1 });
  const recent = (await (await database()).doc('figureState/recent').get()).data()!;
  expect((recent['minutes'] as unknown[]).length).toBe(15);
  expect(Buffer.byteLength(JSON.stringify(recent))).toBeLessThan(500_000); // Firestore takes 1,048,576
}, 30_000);

it('After an outage one run reads and writes within its bounds, and the next ones go on', async () => {
  const hours = Array.from({ length: 12 }, (_, ago) => NOW - ago * 60 * 60_000);
  for (const at of hours) await writeFigures(at, busy(1));
  const small = { ...ROLL_UP_BOUNDS, pauseMs: 0 };
  let minutes = 0;
  for (let runs = 1; minutes < hours.length && runs <= 12; runs += 1) {
    const asked = await countDocuments(async () => {
      minutes += (await rollUp(small)).minutes;
    });
    expect(asked.reads).toBeLessThanOrEqual(ROLL_UP_BOUNDS.reads);
    expect(asked.writes).toBeLessThanOrEqual(ROLL_UP_BOUNDS.writes);
  }
  expect(minutes).toBe(hours.length);
  expect((await rollUp(small)).isDone).toBe(true);
});
