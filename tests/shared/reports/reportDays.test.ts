/** A day's report says what the documents say, once, and again when something has come late. */
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { ROLL_UP_BOUNDS, rollUpFigures } from '#shared/figures';
import { type Books, listReports, type Report, reportDays } from '#shared/reports';
import { closeDatabase, database, hashUid, newId } from '#shared/runtime';
import { TestClock } from '../../support/clock.ts';
import { useOwnProject } from '../../support/service.ts';
import { figuresOf, request, writeFigures } from '../figures/givenFigures.ts';

const DAY = '2026-11-23';
const START = Date.parse('2026-11-22T15:00:00Z'); // midnight in Seoul
const HOUR_MS = 3_600_000;
const AFTER = new Date(START + 24 * HOUR_MS + 10 * 60_000);
const BOOKS: Books = { entries: 12, requests: 5, balances: 3, discrepancyCount: 0, kinds: {} };
const COLLECTIONS = ['figures', 'figureHours', 'figureDays', 'figureState', 'plays', 'users', 'generations', 'generationWork', 'files'];

beforeAll(() => void useOwnProject());
afterAll(() => closeDatabase());
beforeEach(async () => {
  const db = await database();
  for (const name of [...COLLECTIONS, 'reports', 'quotas', 'incidents']) {
    for (const { ref } of (await db.collection(name).get()).docs) await ref.delete();
  }
});

const sources = (credits: number | null = null, readAt = AFTER, books = BOOKS) => ({
  checkBooks: () => Promise.resolve(books),
  readBalance: () =>
    Promise.resolve(credits === null ? null : { credits, readAt: readAt.toISOString(), day: '2026-11-24', counted: 0, uncertain: 0 }),
});
const report = (now = AFTER, own = sources()) => reportDays(now, now, own);
const rollUp = (now = AFTER) =>
  rollUpFigures({
    world: { clock: new TestClock(now.getTime()) },
    signal: AbortSignal.timeout(20_000),
    bounds: { ...ROLL_UP_BOUNDS, pauseMs: 0 },
  });

async function reportOf(day = DAY): Promise<Report> {
  const { items } = await listReports({ limit: 10 });
  return items.find((each) => each.day === day)!;
}

const at = (hours: number) => new Date(START + hours * HOUR_MS);

async function set(path: string, data: object): Promise<void> {
  const db = await database();
  await db.doc(path).set(data);
}

/** A day with something of everything, and something of the days around it. */
async function aDay(): Promise<void> {
  for (const hours of [0, 5, 23.99, -0.01, 24]) {
    await set(`plays/p${hours}`, { playedAt: at(hours) });
    await set(`users/u${hours}`, { createdAt: at(hours) });
    await set(`generations/gen_${hours}`, { createdAt: at(hours), state: 'ready' });
    await set(`generationWork/gen_${hours}`, { state: hours === 5 ? 'failed' : 'ready', createdAt: at(hours - 0.02), endedAt: at(hours) });
  }
  await set('files/fil_1', { state: 'kept', bytes: 1000 });
  await set('files/fil_2', { state: 'deleted', bytes: 500 });
  await set(`quotas/service_${DAY}`, { providerCredits: 9, unknownCredits: 3 });
  const some = Array.from({ length: 19 }, (_, person) => request({ callerHash: hashUid(`u${person % 4}`), durationMs: 30 }));
  await writeFigures(at(1).getTime(), figuresOf([...some, request({ status: 503, durationMs: 900 })]));
}

it('Its figures are those of a full count of the documents, in Korean, in English and as data', async () => {
  await aDay();
  await rollUp();
  expect(await report()).toContain(DAY);
  const { text, cost, ...facts } = await reportOf();
  expect(facts).toEqual({
    day: DAY,
    timeZone: 'Asia/Seoul',
    startsAt: new Date(START).toISOString(),
    endsAt: at(24).toISOString(),
    signUps: 3,
    activeCallers: 4,
    requests: 20,
    errors5xx: 1,
    errorShare: 0.05,
    refusals: 0,
    callersRefused: 0,
    cacheHitShare: null,
    p95Ms: expect.any(Number),
    signInCheckP95Ms: expect.any(Number),
    plays: 3,
    generations: { asked: 3, ready: 2, failed: 1, cancelled: 0, p50Ms: expect.any(Number), p95Ms: expect.any(Number) },
    storageBytes: 1000,
    providerCredits: { counted: 9, uncertain: 3, reading: null, between: null, verdict: 'notKnown' },
    creditsDifference: null,
    books: BOOKS,
    incidents: [],
    createdAt: AFTER.toISOString(),
    updatedAt: AFTER.toISOString(),
  });
  expect(cost.total).toBeCloseTo(
    cost.items.reduce((sum, { amount }) => sum + amount, 0),
    3,
  );
  expect(text.en).toContain('Songs                   3 asked for, 2 made, 1 failed, 0 cancelled');
  expect(text.ko).toContain('요청 3, 완성 2, 실패 1, 취소 0');
  expect(text.en.split('\n')).toHaveLength(text.ko.split('\n').length);
});

it('Twice, or several at once, is the same as once', async () => {
  await aDay();
  await rollUp();
  await Promise.all([report(), report(), report()]);
  const first = await listReports({ limit: 10 });
  expect(await report(new Date(AFTER.getTime() + HOUR_MS))).toEqual([]);
  expect(await listReports({ limit: 10 })).toEqual(first);
  expect(first.items.map(({ day }) => day)).toEqual(['2026-11-23', '2026-11-22', '2026-11-21', '2026-11-20']);
});

it('Figures that come late are in the report after the next run, which leaves the other days as they are', async () => {
  await aDay();
  await rollUp();
  await report();
  await writeFigures(at(2).getTime(), figuresOf([request({ callerHash: hashUid('late') })]));
  await set('plays/late', { playedAt: at(3) });
  const nextDay = new Date(AFTER.getTime() + 24 * HOUR_MS);
  await rollUp(nextDay);
  expect(await report(nextDay)).toEqual([DAY, '2026-11-24']);
  expect(await reportOf()).toMatchObject({ requests: 21, activeCallers: 5, plays: 4, createdAt: AFTER.toISOString() });
});

it('What was deleted since stays counted, and after some days nobody’s hash is kept', async () => {
  await aDay();
  await rollUp();
  await report();
  const db = await database();
  for (const name of ['users', 'generations', 'generationWork']) {
    for (const { ref } of (await db.collection(name).get()).docs) await ref.delete();
  }
  const callers = async () => String((await db.doc(`figureDays/${DAY}`).get()).get('figures').callers);
  expect(await callers()).toMatch(/^names:[\da-f]{64}$/);
  for (const days of [1, 2, 3]) await report(new Date(AFTER.getTime() + days * 24 * HOUR_MS));
  expect(await reportOf()).toMatchObject({ signUps: 3, activeCallers: 4, generations: { asked: 3, ready: 2, failed: 1 } });
  expect(await callers()).toMatch(/^sketch:/);
});

it('Credits that the provider took and nothing of ours explains are a difference; what is uncertain explains', async () => {
  const next = new Date(AFTER.getTime() + 24 * HOUR_MS);
  const reading = (credits: number, counted: number, uncertain: number) => ({
    checkBooks: () => Promise.resolve(BOOKS),
    readBalance: () => Promise.resolve({ credits, readAt: next.toISOString(), day: '2026-11-25', counted, uncertain }),
  });
  for (const [left, difference, verdict] of [
    [85, 0, 'agrees'], // 15 of the day and of the ten minutes after it
    [88, 0, 'explained'],
    [80, 5, 'differs'],
    [95, -7, 'differs'],
    [130, null, 'toppedUp'],
  ] as const) {
    for (const { ref } of (await (await database()).collection('reports').get()).docs) await ref.delete();
    await report(AFTER, sources(100));
    await set('quotas/service_2026-11-24', { providerCredits: 12, unknownCredits: 3 });
    await report(next, reading(left, 3, 0));
    expect(await reportOf('2026-11-24')).toMatchObject({ creditsDifference: difference, providerCredits: { verdict } });
  }
  expect((await reportOf('2026-11-24')).providerCredits.between).toEqual({
    since: AFTER.toISOString(),
    counted: 15,
    uncertain: 3,
    taken: -30,
  });
});

it('Lists the incidents of the day with their words, and never who looked after them', async () => {
  const incidentId = newId('inc');
  const incident = { incidentId, alert: 'errors', severity: 'info', state: 'resolved', title: { en: 'Errors', ko: '오류' } };
  await set(`incidents/${incidentId}`, { ...incident, openedAt: at(-2), resolvedAt: at(3), acknowledgedBy: 'uid-of-mina' });
  await set('incidents/other', { ...incident, incidentId: 'other', openedAt: at(-9), resolvedAt: at(-2) });
  await report();
  const { incidents, text } = await reportOf();
  expect(incidents).toEqual([{ ...incident, openedAt: at(-2).toISOString(), resolvedAt: at(3).toISOString() }]);
  expect(text.en).toContain('- [info] Errors: resolved');
  expect(text.ko).toContain('- [정보] 오류: 해결됨');
  expect(JSON.stringify(await reportOf())).not.toContain('uid-of-mina');
});

it('A book that does not add up is told by its kind', async () => {
  await report(AFTER, sources(null, AFTER, { ...BOOKS, discrepancyCount: 2, kinds: { balance_differs: 2 } }));
  expect((await reportOf()).text.en).toContain('2 DISCREPANCIES: balance_differs 2');
});
