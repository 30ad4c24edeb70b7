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
  const remove = db.batch();
  const found = await Promise.all([...COLLECTIONS, 'reports', 'quotas', 'incidents'].map((name) => db.collection(name).get()));
  for (const { ref } of found.flatMap(({ docs }) => docs)) remove.delete(ref);
  await remove.commit();
});

const sources = (credits: number | null = null, readAt = AFTER, books = BOOKS) => ({
  checkBooks: () => Promise.resolve(books),
  readBalance: () =>
    Promise.resolve(
      credits === null ? null : { credits, readAt: readAt.toISOString(), day: '2026-11-24', counted: 0, uncertain: 0, onTheWay: 0 },
    ),
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
  expect(first.items.map(({ day }) => day)).toEqual(['2026-11-23', '2026-11-22']);
});

it('Days before there was a service have none, and after the first report every day has one', async () => {
  expect(await report()).toEqual([DAY]);
  expect(await report(new Date(AFTER.getTime() + 2 * 24 * HOUR_MS))).toEqual(['2026-11-24', '2026-11-25']);
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

it('Nights in which nobody reported are made up for, and callers are forgotten all the same', async () => {
  await aDay();
  await rollUp();
  await report();
  expect(await report(new Date(AFTER.getTime() + 6 * 24 * HOUR_MS))).toEqual(
    ['2026-11-24', '2026-11-25', '2026-11-26', '2026-11-27', '2026-11-28', '2026-11-29'], // the days before have no news
  );
  const db = await database();
  expect(String((await db.doc(`figureDays/${DAY}`).get()).get('figures').callers)).toMatch(/^sketch:/);
});

it('After the time zone was changed, days that were reported stay as they are, and balances are compared from then on', async () => {
  await report(AFTER, sources(100));
  await (await database()).doc(`reports/${DAY}`).update({ timeZone: 'America/New_York' });
  const before = await reportOf();
  await set(`plays/late`, { playedAt: at(3) });
  const next = new Date(AFTER.getTime() + 24 * HOUR_MS);
  expect(await report(next, sources(60, next))).toEqual(['2026-11-24']);
  expect(await reportOf()).toEqual(before);
  expect(await reportOf('2026-11-24')).toMatchObject({ creditsDifference: null, providerCredits: { verdict: 'notKnown' } });
});

it('An incident that lasts longer than the day is one of this day', async () => {
  const incident = { alert: 'errors', severity: 'critical', title: { en: 'Errors', ko: '오류' } };
  const lasting = { ...incident, incidentId: 'inc_1', state: 'open', openedAt: at(-50), resolvedAt: null };
  const over = { ...incident, incidentId: 'inc_2', state: 'resolved', openedAt: at(-40), resolvedAt: at(24.1) };
  const later = { ...incident, incidentId: 'inc_3', state: 'open', openedAt: at(24.1), resolvedAt: null };
  for (const each of [lasting, over, later]) await set(`incidents/${each.incidentId}`, each);
  await report();
  expect((await reportOf()).incidents.map(({ incidentId }) => incidentId)).toEqual(['inc_1', 'inc_2']);
  expect((await reportOf()).text.en).toContain('- [critical] Errors: open');
});

it('A day on which nothing has happened is a report too, and one of anything is said as one', async () => {
  await report(AFTER, sources(null, AFTER, { ...BOOKS, entries: 1 }));
  const { text, requests, p95Ms, cost } = await reportOf();
  expect({ requests, p95Ms, total: cost.total }).toEqual({ requests: 0, p95Ms: null, total: 0 });
  expect(text.en).toContain('whole, 1 entry checked');
  expect(`${text.en}${text.ko}`).not.toMatch(/NaN|undefined|null|\[object/);
});

/** The same numbers each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Until nothing waits any more: what is of many hours takes several passes. */
async function rollUpAll(): Promise<void> {
  for (let passes = 0; passes < 20; passes += 1) if ((await rollUp()).isDone) return;
}

it('After any history, told in any order and to several at once, a report is what a full count gives', async () => {
  const random = seeded(1);
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)]!;
  const history = Array.from({ length: 110 }, (_, index) => ({
    index,
    hours: pick([-25, -0.01, 0, 0.02, 7.5, 12, 23.99, 24, 24.1]),
    kind: pick(['plays', 'users', 'generations', 'ready', 'failed', 'cancelled', 'queued', 'requests', 'requests']),
    status: pick([200, 200, 404, 429, 503]),
    person: `u${Math.floor(random() * 9)}`,
  }));
  const db = await database();
  const write = db.batch();
  for (const { index, hours, kind } of history) {
    if (kind === 'plays') write.set(db.doc(`plays/${index}`), { playedAt: at(hours) });
    else if (kind === 'users' || kind === 'generations') write.set(db.doc(`${kind}/${index}`), { createdAt: at(hours), state: 'queued' });
    else if (kind !== 'requests') {
      const endedAt = kind === 'queued' ? {} : { endedAt: at(hours) };
      write.set(db.doc(`generationWork/${index}`), { state: kind, createdAt: at(hours - 0.1), ...endedAt });
    }
  }
  await write.commit();
  const requests = history.filter(({ kind }) => kind === 'requests');
  const tell = (some: typeof requests) =>
    Promise.all(
      some.map(({ hours, status, person }) =>
        writeFigures(at(hours).getTime(), figuresOf([request({ status, isRefused: status === 429, callerHash: hashUid(person) })])),
      ),
    );
  await tell(requests.slice(10));
  await Promise.all([rollUp(), report(), rollUp(), report()]);
  await tell(requests.slice(0, 10));
  await rollUpAll();
  await Promise.all([report(), report()]);
  const ofDay = history.filter(({ hours }) => hours >= 0 && hours < 24);
  const count = (isOne: (one: (typeof history)[number]) => boolean) => ofDay.filter(isOne).length;
  const kinds = (name: string) => count(({ kind }) => kind === name);
  const answered = (code: number) => count(({ kind, status }) => kind === 'requests' && status === code);
  expect(await reportOf()).toMatchObject({
    ...{ plays: kinds('plays'), signUps: kinds('users'), requests: kinds('requests') },
    ...{ errors5xx: answered(503), refusals: answered(429) },
    generations: { asked: kinds('generations'), ready: kinds('ready'), failed: kinds('failed'), cancelled: kinds('cancelled') },
    activeCallers: new Set(ofDay.flatMap(({ kind, person }) => (kind === 'requests' ? [person] : []))).size,
  });
}, 30_000);
