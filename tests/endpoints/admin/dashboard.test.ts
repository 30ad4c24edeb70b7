/** What operators see of the service costs the same for ten people and ten plays as for thousands. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ROLL_UP_BOUNDS, rollUpFigures } from '#shared/figures';
import { dayOf } from '#shared/limits';
import { database, hashUid } from '#shared/runtime';
import { getDashboard } from '../../../functions/admin/getDashboard.ts';
import { figuresOf, request, writeFigures } from '../../shared/figures/givenFigures.ts';
import type { KnownCaller } from '../../support/callers.ts';
import { TestClock } from '../../support/clock.ts';
import { type FirestoreWork, measureFirestoreWork } from '../../support/firestoreWork.ts';
import type { House } from '../../support/openHouse.ts';
import { openOffice } from './operators.ts';

// Stands still: Auth's own clock, which is the real one, must not be far from it.
const clock = new TestClock();
let house: House;
let admin: KnownCaller;
let token: string;

beforeAll(async () => {
  ({ house, admin, token } = await openOffice({ world: { clock } }));
});
afterAll(() => house.close());

async function rollUp(): Promise<void> {
  await rollUpFigures({ world: { clock }, signal: AbortSignal.timeout(20_000), bounds: { ...ROLL_UP_BOUNDS, pauseMs: 0 } });
}

/** People, each with a play. */
async function have(count: number, from: number): Promise<void> {
  const db = await database();
  const writer = db.bulkWriter();
  const now = new Date(clock.now());
  for (let at = from; at < from + count; at += 1) {
    void writer.create(db.doc(`users/person${at}`), { createdAt: now });
    void writer.create(db.doc(`plays/play${at}`), { playedAt: now });
  }
  await writer.close();
  const callers = Array.from({ length: count }, (_, at) => request({ callerHash: hashUid(`person${from + at}`) }));
  await writeFigures(now.getTime(), figuresOf(callers));
  await rollUp();
}

async function measured(): Promise<FirestoreWork> {
  const isOwn = ({ path }: { path: string }) => path !== `rateLimits/${admin.uid}` && path !== `userPrivate/${admin.uid}`;
  await house.service.call(getDashboard, {}, { token });
  return (await measureFirestoreWork(() => house.service.call(getDashboard, {}, { token }), isOwn)).asked;
}

it('Its reads are the same with 10 people and plays as with 2,000, and within its budget', async () => {
  await have(10, 0);
  const few = await measured();
  await have(1_990, 10);
  const many = await measured();
  expect({ reads: many.reads, writes: many.writes }).toEqual({ reads: few.reads, writes: 0 });
  expect(many.reads).toBeLessThanOrEqual(getDashboard.budget.reads);
}, 60_000);

it('Shows what was counted, now, today, by hour and by day, and what is missing as nothing', async () => {
  const { dashboard } = (await house.service.call(getDashboard, {}, { token })).body;
  const db = await database();
  const stored = (await db.collection('figures').get()).docs.reduce((sum, document) => sum + document.get('figures').requests, 0);
  const [plays, signUps] = await Promise.all(
    ['plays', 'users'].map(async (name) => (await db.collection(name).count().get()).data().count),
  );
  const seen = { requests: 2_000, activeCallers: expect.any(Number), errorShare: 0, refusals: 0, plays: 2_000 };
  expect({ stored, plays }).toEqual({ stored: seen.requests, plays: seen.plays });
  expect(dashboard.now).toMatchObject({ minutes: 5, requests: 2_000, generationsUnderWay: 0 });
  expect(dashboard.today).toMatchObject({ ...seen, day: dayOf(new Date(clock.now())) });
  expect(Math.abs(dashboard.today.activeCallers - 2_000)).toBeLessThan(100); // three standard errors
  expect(dashboard.today.signUps).toBe(signUps);
  expect(dashboard.today.functions).toEqual([{ name: 'getSong', requests: 2_000, errors5xx: 0, refusals: 0, p50Ms: 19.3, p95Ms: 19.3 }]);
  expect(dashboard.hours).toHaveLength(24);
  expect(dashboard.days).toHaveLength(30);
  expect(dashboard.hours.at(-1)).toMatchObject({ ...seen, hour: new Date(clock.now()).toISOString().slice(0, 13) });
  expect(dashboard.days.at(-1)).toMatchObject({ ...seen, storageBytes: 0 });
  const earlier = [...dashboard.hours, ...dashboard.days].filter(({ requests }) => requests === 0);
  expect(earlier).toHaveLength(52);
  expect(earlier[0]).toMatchObject({ plays: 0, errorShare: null, p95Ms: null, generations: { asked: 0, p50Ms: null }, storageBytes: null });
});
