/** What the provider took is held against what we counted: it agrees, is explained, or raises an alert; or nothing can be said, and that is said. */
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { closeDatabase, database } from '#shared/runtime';
import { compareCredits, readBalance } from '../../../shared/reports/providerCredits.ts';
import { TestClock } from '../../support/clock.ts';
import { useOwnProject } from '../../support/service.ts';

const NOW = Date.parse('2026-11-24T15:10:00Z'); // ten minutes after midnight in Seoul
const EARLIER = { credits: 100, readAt: '2026-11-23T15:10:00.000Z', day: '2026-11-24', counted: 0, uncertain: 0, onTheWay: 0 };
const OF_DAY = { counted: 12, uncertain: 3 };

beforeAll(() => void useOwnProject());
afterAll(() => closeDatabase());
beforeEach(async () => {
  const db = await database();
  await db.doc('quotas/service_2026-11-24').set({ providerCredits: 12, unknownCredits: 3 });
  await db.doc('quotas/service_2026-11-25').set({ providerCredits: 3 });
});

it.each<[left: number, onTheWay: number, verdict: string, difference: number | null]>([
  [85, 0, 'agrees', 0], // 15 of the day and of the ten minutes after it
  [88, 0, 'explained', 0],
  [82, 3, 'explained', 0], // charged already, and not yet counted
  [80, 3, 'differs', 2],
  [80, 0, 'differs', 5],
  [79.9, 0, 'differs', 5.1],
  [95, 0, 'differs', -7],
  [130, 0, 'toppedUp', null],
])('With %d of 100 credits left, and %d on their way, it is: %s', async (credits, onTheWay, verdict, difference) => {
  const reading = { credits, readAt: new Date(NOW).toISOString(), day: '2026-11-25', counted: 3, uncertain: 0, onTheWay };
  const found = await compareCredits(OF_DAY, reading, EARLIER);
  expect(found).toMatchObject({ difference, providerCredits: { verdict, between: { since: EARLIER.readAt, counted: 15, uncertain: 3 } } });
});

it('What was on its way at the reading before may have been charged before it, or after', async () => {
  const reading = { credits: 91, readAt: new Date(NOW).toISOString(), day: '2026-11-25', counted: 3, uncertain: 0, onTheWay: 0 };
  expect(await compareCredits(OF_DAY, reading, { ...EARLIER, onTheWay: 3 })).toMatchObject({ difference: 0 });
  expect(await compareCredits(OF_DAY, reading, EARLIER)).toMatchObject({ difference: -3 });
});

it('A balance is read with what was counted by then, and with what was just being ordered', async () => {
  const db = await database();
  await db.doc('generationWork/gen_1').set({ state: 'submitting', request: { model: 'v4.5' } });
  let asked = 0;
  const reading = await readBalance(async () => {
    asked += 1;
    if (asked === 1) await db.doc('quotas/service_2026-11-25').update({ providerCredits: 6 }); // an order is counted meanwhile: once more
    return 100 - asked;
  }, new TestClock(NOW));
  await db.doc('generationWork/gen_1').delete();
  const readAt = new Date(NOW).toISOString();
  expect(reading).toEqual({ credits: 98, readAt, day: '2026-11-25', counted: 6, uncertain: 0, onTheWay: 3 });
});

it('A provider that does not say, or orders that keep coming, give no reading, and no difference', async () => {
  const db = await database();
  const silent = await readBalance(() => Promise.reject(new Error('no')), new TestClock(NOW));
  let counted = 10;
  const busy = await readBalance(async () => {
    counted += 3;
    await db.doc('quotas/service_2026-11-25').update({ providerCredits: counted });
    return 50;
  }, new TestClock(NOW));
  expect([silent, busy]).toEqual([null, null]);
  expect(await compareCredits(OF_DAY, null, EARLIER)).toMatchObject({ difference: null, providerCredits: { verdict: 'notKnown' } });
});
