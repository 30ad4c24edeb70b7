import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { creditsOf, dayOf, endReservation, quotaRef, reserveCredit } from '#shared/limits';
import { closeDatabase, DEFAULT_SETTINGS, database, newId, transact } from '#shared/runtime';
import { useOwnProject } from '../support/service.ts';

beforeAll(() => {
  useOwnProject();
});

afterAll(() => closeDatabase());

const MIDNIGHT_MS = Date.parse('2026-11-23T15:00:00Z'); // in Seoul
const HOUR_MS = 3600_000;

interface Entry {
  kind: string;
  amount: number;
  generationId: string;
  on: string;
}

async function reserve(uid: string, generationId: string, at: Date): Promise<void> {
  await transact(async (transaction, db) => {
    const snapshot = await transaction.get(quotaRef(db, uid));
    reserveCredit(transaction, db, { snapshot, generationId, usual: DEFAULT_SETTINGS, now: at });
  });
}

async function end(uid: string, generationId: string, kind: 'settle' | 'release', at: Date): Promise<void> {
  await transact(async (transaction, db) => {
    const snapshot = await transaction.get(quotaRef(db, uid));
    endReservation(transaction, db, { snapshot, generationId, kind, now: at });
  });
}

async function accountOf(uid: string) {
  const db = await database();
  const [quota, ledger] = await Promise.all([quotaRef(db, uid).get(), db.collection('ledger').where('uid', '==', uid).get()]);
  const entries = ledger.docs.map((each) => each.data() as Entry);
  return { quota, balance: Number(quota.get('balance') ?? 0), entries, sum: entries.reduce((sum, { amount }) => sum + amount, 0) };
}

function idsOf(entries: Entry[], kinds: string[]): string[] {
  return entries
    .filter(({ kind }) => kinds.includes(kind))
    .map(({ generationId, on }) => generationId || on)
    .sort();
}

const once = (ids: string[]) => expect(new Set(ids).size).toBe(ids.length);

/** What somebody does, or the worker for him; `after` the one before. Some things happen at once, and some clocks are a little off. */
interface Step {
  does: 'reserve' | 'settle' | 'release';
  /** Which reservation, of those there are, is ended. */
  which: number;
  afterHours: number;
  clockOffMs: number;
  isAlongside: boolean;
}

const history = fc.array(
  fc.record({
    does: fc.constantFrom('reserve', 'reserve', 'reserve', 'settle', 'release'),
    which: fc.nat(30),
    afterHours: fc.constantFrom(0, 0, 0, 1, 13, 30),
    clockOffMs: fc.constantFrom(0, 0, -2, 2),
    isAlongside: fc.constantFrom(false, false, false, true),
  }),
  { minLength: 15, maxLength: 25 },
) as fc.Arbitrary<Step[]>;

/** Lives a history, and looks at the account after every step. @returns how many steps did what they should */
async function live(steps: Step[]): Promise<number> {
  const uid = newId('req');
  const made: string[] = [];
  let nowMs = MIDNIGHT_MS - 2;
  let doneCount = 0;
  while (steps.length > 0) {
    const [first, ...rest] = steps as [Step, ...Step[]];
    const count =
      1 +
      Math.max(
        0,
        rest.findIndex(({ isAlongside }) => !isAlongside),
      );
    const together = steps.slice(0, Math.min(count, 3));
    steps = steps.slice(together.length);
    nowMs += first.afterHours * HOUR_MS;
    const working = together.map(({ does, which, clockOffMs }) => {
      const at = new Date(nowMs + clockOffMs);
      const known = made[which % made.length];
      if (does !== 'reserve' && known) return end(uid, known, does, at);
      const generationId = newId('gen');
      return reserve(uid, generationId, at).then(() => void made.push(generationId));
    });
    doneCount += (await Promise.allSettled(working)).filter(({ status }) => status === 'fulfilled').length;
    await expectExact(uid, made);
  }
  return doneCount;
}

async function expectExact(uid: string, made: string[]): Promise<void> {
  const { balance, sum, entries } = await accountOf(uid);
  expect(balance).toBe(sum);
  expect(balance).toBeGreaterThanOrEqual(0);
  expect(idsOf(entries, ['reserve'])).toEqual([...made].sort());
  once(idsOf(entries, ['settle', 'release']));
  once(idsOf(entries, ['grant']));
  once(idsOf(entries, ['lapse']));
}

describe('G3: credits are exact', () => {
  it('after any history over several days the balance is the ledger’s sum, never below nothing, each reservation ended at most once', async () => {
    const histories = fc.sample(history, { seed: 20261123, numRuns: 12 });
    const done = await Promise.all(histories.map(live));
    expect(Math.min(...done)).toBeGreaterThan(5);
  }, 120_000);

  it('a day’s credits are granted once, however many first requests come at once', async () => {
    const uid = newId('req');
    const at = new Date(MIDNIGHT_MS);
    const asked = await Promise.allSettled(Array.from({ length: 10 }, () => reserve(uid, newId('gen'), at)));
    const taken = asked.filter(({ status }) => status === 'fulfilled').length;
    const { entries, balance } = await accountOf(uid);
    expect(entries.filter(({ kind }) => kind === 'grant')).toEqual([
      expect.objectContaining({ amount: DEFAULT_SETTINGS.songsPerDay, on: '2026-11-24' }),
    ]);
    expect(taken).toBeGreaterThan(0);
    expect(balance).toBe(DEFAULT_SETTINGS.songsPerDay - taken);
  }, 60_000);

  it('what is left at the end of the day lapses, in so many words', async () => {
    const uid = newId('req');
    await reserve(uid, newId('gen'), new Date(MIDNIGHT_MS - 1));
    await reserve(uid, newId('gen'), new Date(MIDNIGHT_MS));
    const { entries, balance } = await accountOf(uid);
    const told = entries.map(({ kind, amount, on }) => `${on} ${kind} ${amount}`).sort();
    expect(told).toEqual([
      '2026-11-23 grant 10',
      '2026-11-23 reserve -1',
      '2026-11-24 grant 10',
      '2026-11-24 lapse -9',
      '2026-11-24 reserve -1',
    ]);
    expect(balance).toBe(9);
  });

  it('a request of the last second that comes after one of the next day costs that day’s credit, and grants nothing', async () => {
    const uid = newId('req');
    await reserve(uid, newId('gen'), new Date(MIDNIGHT_MS));
    await reserve(uid, newId('gen'), new Date(MIDNIGHT_MS - 1));
    await reserve(uid, newId('gen'), new Date(MIDNIGHT_MS + 1));
    const { entries, balance, quota } = await accountOf(uid);
    expect(idsOf(entries, ['grant'])).toEqual(['2026-11-24']);
    expect({ balance, grantedOn: quota.get('grantedOn') }).toEqual({ balance: 7, grantedOn: '2026-11-24' });
  });

  it('the eleventh song of a day is refused until midnight, and costs nothing', async () => {
    const uid = newId('req');
    const at = new Date(MIDNIGHT_MS + HOUR_MS);
    for (let count = 0; count < 10; count += 1) await reserve(uid, newId('gen'), at);
    await expect(reserve(uid, newId('gen'), at)).rejects.toMatchObject({
      code: 'daily_songs_reached',
      status: 429,
      params: { limit: 10, resetsAt: new Date(MIDNIGHT_MS + 24 * HOUR_MS).toISOString(), retryAfterS: 23 * 3600 },
    });
    expect(await accountOf(uid)).toMatchObject({ balance: 0, sum: 0 });
  });

  it('a credit that comes back can be spent again, and cannot come back twice', async () => {
    const uid = newId('req');
    const at = new Date(MIDNIGHT_MS);
    const generationId = newId('gen');
    await reserve(uid, generationId, at);
    await end(uid, generationId, 'release', at);
    for (const kind of ['release', 'settle'] as const) await expect(end(uid, generationId, kind, at)).rejects.toMatchObject({ code: 6 });
    expect(await accountOf(uid)).toMatchObject({ balance: 10, sum: 10 });
  });

  it('an operator’s exception counts from the first day on', async () => {
    const uid = newId('req');
    const db = await database();
    await quotaRef(db, uid).set({ songsPerDay: 2, storageUsedBytes: 7 });
    const at = new Date(MIDNIGHT_MS);
    expect(creditsOf(await quotaRef(db, uid).get(), DEFAULT_SETTINGS, at)).toEqual({ balance: 2, songsPerDay: 2 });
    await reserve(uid, newId('gen'), at);
    await reserve(uid, newId('gen'), at);
    await expect(reserve(uid, newId('gen'), at)).rejects.toMatchObject({ code: 'daily_songs_reached' });
    expect((await quotaRef(db, uid).get()).data()).toEqual({ songsPerDay: 2, storageUsedBytes: 7, grantedOn: dayOf(at), balance: 0 });
  });
});
