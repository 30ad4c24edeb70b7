/** What is counted by the day, in a zone whose clocks change: 1 November 2026 has 25 hours in New York. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  countLyrics,
  countProviderCredits,
  creditsOf,
  isFirstToWarn,
  LYRICS_PER_DAY,
  quotaRef,
  readServiceBudget,
  reserveCredit,
  uncountLyrics,
} from '#shared/limits';
import { closeDatabase, database, newId, transact } from '#shared/runtime';
import { useOwnProject } from '../../support/service.ts';

beforeAll(() => {
  useOwnProject({ SERVICE_TIME_ZONE: 'America/New_York' });
});

afterAll(() => closeDatabase());

const LAST_OF_OCTOBER = new Date('2026-11-01T03:59:59.999Z');
const FIRST_MOMENT = new Date('2026-11-01T04:00:00.000Z');
const LAST_MOMENT = new Date('2026-11-02T04:59:59.999Z'); // the 25th hour
const NEXT_DAY = new Date('2026-11-02T05:00:00.000Z');

function spend(credits: number, now: Date): Promise<void> {
  return transact((transaction, db) => countProviderCredits(transaction, db, { credits, isLost: false, now }));
}

function write(uid: string, id: string, now: Date): Promise<void> {
  return transact(async (transaction, db) => countLyrics(transaction, { snapshot: await transaction.get(quotaRef(db, uid)), id, now }));
}

function takeBack(uid: string, id: string): Promise<void> {
  return transact(async (transaction, db) => uncountLyrics(transaction, { snapshot: await transaction.get(quotaRef(db, uid)), id }));
}

async function idsOf(uid: string): Promise<string[]> {
  return (await quotaRef(await database(), uid).get()).get('lyrics.ids');
}

describe('the provider’s credits', () => {
  it('are counted on the day that the service’s clock shows, 25 hours long', async () => {
    for (const [at, credits] of [
      [LAST_OF_OCTOBER, 1],
      [FIRST_MOMENT, 2],
      [LAST_MOMENT, 3],
      [NEXT_DAY, 4],
    ] as const) {
      await spend(credits, at);
    }
    const used = async (at: Date) => (await readServiceBudget(at)).used;
    expect([await used(LAST_OF_OCTOBER), await used(FIRST_MOMENT), await used(LAST_MOMENT), await used(NEXT_DAY)]).toEqual([1, 5, 5, 4]);
  });

  it('are warned of once a day from 80 % on, whoever looks and however often', async () => {
    const warnings = async (now: Date) => {
      const budget = await readServiceBudget(now);
      const told = await Promise.all(Array.from({ length: 2 }, () => isFirstToWarn(budget, now)));
      return told.filter(Boolean).length;
    };
    const [day, nextDay] = [new Date('2026-06-01T12:00:00Z'), new Date('2026-06-02T12:00:00Z')];
    await spend(79, day);
    expect(await warnings(day)).toBe(0);
    await spend(1, day);
    expect([await warnings(day), await warnings(day)]).toEqual([1, 0]);
    await spend(80, nextDay);
    expect([await warnings(nextDay), await warnings(nextDay)]).toEqual([1, 0]);
  });
});

describe('a person’s songs', () => {
  it('are granted anew with the first moment of the next day, and not an hour before', async () => {
    const uid = newId('req');
    const usual = { songsPerDay: 1 };
    const reserve = (now: Date) =>
      transact(async (transaction, db) => {
        reserveCredit(transaction, db, { snapshot: await transaction.get(quotaRef(db, uid)), generationId: newId('gen'), usual, now });
      });
    await reserve(FIRST_MOMENT);
    const resetsAt = NEXT_DAY.toISOString();
    await expect(reserve(LAST_MOMENT)).rejects.toMatchObject({ code: 'daily_songs_reached', params: { resetsAt, retryAfterS: 1 } });
    await reserve(NEXT_DAY);
    const db = await database();
    expect(creditsOf(await quotaRef(db, uid).get(), usual, NEXT_DAY)).toEqual({ balance: 0, songsPerDay: 1 });
  });
});

describe('a person’s lyrics', () => {
  it('are twenty a day, whatever the clock does', async () => {
    const uid = newId('req');
    for (let count = 0; count < LYRICS_PER_DAY; count += 1) await write(uid, newId('req'), FIRST_MOMENT);
    const resetsAt = NEXT_DAY.toISOString();
    await expect(write(uid, newId('req'), LAST_MOMENT)).rejects.toMatchObject({
      code: 'daily_lyrics_reached',
      params: { limit: 20, resetsAt },
    });
    await write(uid, 'the first of the next day', NEXT_DAY);
    expect(await idsOf(uid)).toEqual(['the first of the next day']);
  });

  it('count once and come back once, however often a transaction runs; those of yesterday do not come back today', async () => {
    const uid = newId('req');
    await write(uid, 'yesterday', LAST_MOMENT);
    for (const id of ['kept', 'kept', 'lost']) await write(uid, id, NEXT_DAY);
    for (const id of ['lost', 'lost', 'yesterday']) await takeBack(uid, id);
    expect(await idsOf(uid)).toEqual(['kept']);
  });
});
