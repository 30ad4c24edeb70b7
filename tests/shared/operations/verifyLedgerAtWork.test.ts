import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cancelGeneration, createGeneration } from '#shared/generation';
import { Claim, quotaRef, verifyBalance } from '#shared/limits';
import { type LedgerCounts, verifyLedger } from '#shared/operations';
import { closeDatabase, database, newId } from '#shared/runtime';
import { sumOfEntries } from '../../../shared/limits/sumOfEntries.ts';
import { given } from '../../support/given.ts';
import { useOwnProject } from '../../support/service.ts';
import { endRequest, newPerson } from './bookkeeping.ts';

const LONG_AGO = new Date('2026-11-20T03:00:00Z');
const TODAY = new Date('2026-11-23T03:00:00Z');

beforeAll(() => void useOwnProject());
afterAll(closeDatabase);

async function ask(uid: string, now: Date): Promise<string> {
  const input = { prompt: 'a calm song', instrumental: false, voice: 'any', model: 'v4.5', visibility: 'private' } as const;
  return (await createGeneration({ uid, input, claim: new Claim(undefined), now, newId })).generationId;
}

describe('verifyLedger, of what was written since', () => {
  it('looks at new entries, changed requests and their people, and at nothing else', async () => {
    const [idle, busy] = [await newPerson(), await newPerson()];
    const db = await database();
    await ask(idle, LONG_AGO);
    const long = await ask(busy, LONG_AGO);
    await ask(busy, TODAY);
    await endRequest(long, 'failed', 'release', TODAY);
    expect((await verifyLedger({ sinceAt: TODAY })).checked).toEqual({ entries: 4, requests: 2, balances: 1 });
    expect((await verifyLedger()).checked).toEqual({ entries: 8, requests: 3, balances: 2 });

    await Promise.all([idle, busy].map((uid) => quotaRef(db, uid).update({ balance: 1 })));
    const found = async (sinceAt?: Date) => (await verifyLedger(sinceAt ? { sinceAt } : {})).discrepancies.map(({ uid }) => uid).sort();
    expect(await found(TODAY)).toEqual([busy]);
    expect(await found()).toEqual([busy, idle].sort());
    await quotaRef(db, busy).update({ balance: 10 });
    await quotaRef(db, idle).update({ balance: 9 });
  });

  it('finds a new end of an old request that does not know of it', async () => {
    const uid = await newPerson();
    const generationId = await ask(uid, LONG_AGO);
    const db = await database();
    const entry = { uid, kind: 'settle', amount: 0, generationId, on: '2026-11-23', timeZone: 'Asia/Seoul', createdAt: TODAY };
    await db.doc(`ledger/${generationId}_end`).create(entry);
    const { discrepancies } = await verifyLedger({ sinceAt: TODAY });
    await db.doc(`ledger/${generationId}_end`).delete();
    expect(discrepancies).toEqual([{ kind: 'end_contradicts_request', generationId, said: 'queued: no end', found: 'settle' }]);
  });
});

describe('verifyLedger, of books of any size', () => {
  it('goes through all pages, lists the first discrepancies of many, and counts them all', async () => {
    const db = await database();
    const refs = Array.from({ length: 300 }, (_, at) => db.doc(`quotas/stranger${String(at).padStart(3, '0')}`));
    const [batch, removal] = [db.batch(), db.batch()];
    for (const ref of refs) batch.set(ref, { balance: 1 });
    await batch.commit();
    const told: LedgerCounts[] = [];
    const { checked, discrepancyCount, discrepancies } = await verifyLedger({ most: 3, progress: (counts) => told.push(counts) });
    for (const ref of refs) removal.delete(ref);
    await removal.commit();
    expect(discrepancyCount).toBe(300);
    expect(discrepancies.map(({ uid }) => uid)).toEqual(['stranger000', 'stranger001', 'stranger002']);
    expect(checked.balances).toBe(303);
    expect(new Set(told.map(({ balances }) => balances)).size).toBeGreaterThan(2);
  }, 60_000);
});

describe('verifyLedger, while people ask for songs and change their minds', () => {
  const PEOPLE = 20;
  const LOOKS = 3;

  it('raises no false alarm, of everything or of what is new', async () => {
    const now = new Date();
    const over = new AbortController();
    const living = Array.from({ length: PEOPLE }, () => live(now, over.signal));
    const found: unknown[] = [];
    for (let looks = 0; looks < LOOKS; looks += 1) {
      for (const options of [{}, { sinceAt: now }]) found.push(...(await verifyLedger(options)).discrepancies);
    }
    over.abort();
    const turns = (await Promise.all(living)).reduce((sum, each) => sum + each, 0);
    expect(found).toEqual([]);
    expect(turns).toBeGreaterThan(PEOPLE);
    expect(await verifyLedger({ sinceAt: now })).toMatchObject({ checked: { requests: turns }, discrepancyCount: 0 });
  }, 60_000);

  it('takes no balance for wrong that is written while it is read', async () => {
    const owner = await newPerson();
    const over = new AbortController();
    const living = live(new Date(), over.signal, owner);
    const found: unknown[] = [];
    // It looks as often as somebody who reads both one after the other, and is wrong so many times.
    for (let torn = 0; torn < 8; torn += (await looksWrong(owner)) ? 1 : 0) found.push(await verifyBalance(owner));
    over.abort();
    await living;
    expect(found.filter(Boolean)).toEqual([]);
  }, 60_000);

  async function looksWrong(uid: string): Promise<boolean> {
    const db = await database();
    const [quota, sums] = await Promise.all([quotaRef(db, uid).get(), sumOfEntries(db, uid).get()]);
    return quota.get('balance') !== sums.data().sum;
  }

  async function live(now: Date, over: AbortSignal, person?: string): Promise<number> {
    const owner = person ?? (await newPerson());
    await given.credits({ owner });
    let turns = 0;
    for (; !over.aborted; turns += 1) await cancelGeneration(await ask(owner, now), now);
    return turns;
  }
});
