import type { DocumentData } from '@google-cloud/firestore';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { quotaRef } from '#shared/limits';
import { type LedgerReport, verifyLedger } from '#shared/operations';
import { closeDatabase, database } from '#shared/runtime';
import { given } from '../../support/given.ts';
import { useOwnProject } from '../../support/service.ts';
import { endRequest, newPerson } from './bookkeeping.ts';

/** A person with a request of every kind of end, all booked as the service does it. */
let books: Awaited<ReturnType<typeof keepBooks>>;

beforeAll(async () => {
  useOwnProject();
  books = await keepBooks();
});
afterAll(closeDatabase);

async function keepBooks() {
  const uid = await newPerson();
  const ask = async () => (await given.generation({ owner: uid })).generationId;
  const [open, ready, failed, cancelled, cancelledLate] = [await ask(), await ask(), await ask(), await ask(), await ask()];
  await endRequest(ready, 'ready', 'settle');
  await endRequest(failed, 'failed', 'release');
  await endRequest(cancelled, 'cancelled', 'release');
  await endRequest(cancelledLate, 'cancelled', 'settle');
  return {
    uid,
    day: String((await quotaRef(await database(), uid).get()).get('grantedOn')),
    open,
    ready,
    failed,
    cancelled,
    cancelledLate,
  };
}

/** A document and what it is to be instead; `null`: gone. */
type Spoiling = (known: typeof books) => [path: string, change: DocumentData | null];

/** Spoils one document, looks, and puts it back. */
async function foundAfter(spoiling: Spoiling, options: Parameters<typeof verifyLedger>[0] = {}): Promise<LedgerReport['discrepancies']> {
  const [path, change] = spoiling(books);
  const ref = (await database()).doc(path);
  const before = (await ref.get()).data();
  await (change ? ref.set({ ...before, ...change }) : ref.delete());
  const { discrepancies, discrepancyCount } = await verifyLedger(options);
  await (before ? ref.set(before) : ref.delete());
  expect(discrepancyCount).toBe(discrepancies.length);
  return discrepancies;
}

type Expected = (known: typeof books) => LedgerReport['discrepancies'];

const CORRUPTIONS: [what: string, spoiling: Spoiling, expected: Expected][] = [
  [
    'a balance that is not the sum of its entries',
    ({ uid }) => [`quotas/${uid}`, { balance: 9 }],
    ({ uid }) => [{ kind: 'balance_is_not_the_sum', uid, said: '9', found: '7' }],
  ],
  [
    'a balance that is no number',
    ({ uid }) => [`quotas/${uid}`, { balance: 'seven' }],
    ({ uid }) => [{ kind: 'balance_unreadable', uid, said: 'no whole number', found: '7' }],
  ],
  [
    'entries of somebody who has no balance',
    ({ uid }) => [`quotas/${uid}`, null],
    ({ uid }) => [{ kind: 'balance_missing', uid, said: 'no balance', found: '7' }],
  ],
  [
    'a balance without any entry',
    () => ['quotas/somebody', { balance: 3 }],
    () => [{ kind: 'balance_is_not_the_sum', uid: 'somebody', said: '3', found: '0' }],
  ],
  [
    'an entry that is gone',
    ({ uid, day }) => [`ledger/${uid}_${day}_grant`, null],
    ({ uid }) => [{ kind: 'balance_is_not_the_sum', uid, said: '7', found: '-3' }],
  ],
  [
    'an amount that its kind cannot have',
    ({ ready }) => [`ledger/${ready}_end`, { amount: 1 }],
    ({ ready, uid }) => [
      { kind: 'entry_amount', entryId: `${ready}_end`, said: 'settle: 0', found: '1' },
      { kind: 'balance_is_not_the_sum', uid, said: '7', found: '8' },
    ],
  ],
  [
    'a kind that is none',
    ({ ready }) => [`ledger/${ready}_end`, { kind: 'gift' }],
    ({ ready }) => [
      { kind: 'entry_unreadable', entryId: `${ready}_end`, said: 'every field of an entry', found: 'not, or not so: kind' },
      { kind: 'end_contradicts_request', generationId: ready, said: 'ready: settle', found: 'gift' },
    ],
  ],
  [
    'a second grant of a day',
    ({ uid, day }) => [`ledger/${uid}_${day}_grant_2`, grantOf({ uid, day, amount: 0 })],
    ({ uid, day }) => [{ kind: 'entry_id', entryId: `${uid}_${day}_grant_2`, said: `${uid}_${day}_grant`, found: `${uid}_${day}_grant_2` }],
  ],
  [
    'an entry booked on another day than it was made',
    ({ uid }) => [`ledger/${uid}_2020-01-01_grant`, grantOf({ uid, day: '2020-01-01', amount: 0 })],
    ({ uid, day }) => [{ kind: 'entry_day', entryId: `${uid}_2020-01-01_grant`, said: day, found: '2020-01-01' }],
  ],
  [
    'a failed request whose credit was never given back',
    ({ failed }) => [`ledger/${failed}_end`, null],
    ({ failed, uid }) => [
      { kind: 'balance_is_not_the_sum', uid, said: '7', found: '6' },
      { kind: 'reservation_not_ended', generationId: failed, said: 'failed: release', found: 'no end' },
    ],
  ],
  [
    'a ready request that was not settled',
    ({ ready }) => [`ledger/${ready}_end`, null],
    ({ ready }) => [{ kind: 'reservation_not_ended', generationId: ready, said: 'ready: settle', found: 'no end' }],
  ],
  [
    'a reservation that has none of its request',
    ({ ready }) => [`generationWork/${ready}`, null],
    ({ ready }) => [{ kind: 'reservation_without_request', generationId: ready, said: 'reserve', found: 'no request' }],
  ],
  [
    'a request without a reservation, ended all the same',
    ({ cancelledLate }) => [`ledger/${cancelledLate}_reserve`, null],
    ({ cancelledLate, uid }) => [
      { kind: 'balance_is_not_the_sum', uid, said: '7', found: '8' },
      { kind: 'end_without_reservation', generationId: cancelledLate, said: 'settle', found: 'no reserve' },
      { kind: 'request_without_reservation', generationId: cancelledLate, said: 'cancelled', found: 'no reserve' },
    ],
  ],
  [
    'an end of a request that there never was',
    ({ uid, day }) => ['ledger/gen_nothing_end', { ...grantOf({ uid, day, amount: 0 }), kind: 'settle', generationId: 'gen_nothing' }],
    () => [{ kind: 'end_without_reservation', generationId: 'gen_nothing', said: 'settle', found: 'no reserve' }],
  ],
  [
    'a request that goes on, with its credit ended',
    ({ ready }) => [`generationWork/${ready}`, { state: 'submitted', credits: { reserved: 1, settled: 0, released: 0 } }],
    ({ ready }) => [{ kind: 'end_contradicts_request', generationId: ready, said: 'submitted: no end', found: 'settle' }],
  ],
  [
    'a failed request that was settled',
    ({ ready }) => [`generationWork/${ready}`, { state: 'failed', credits: { reserved: 1, settled: 0, released: 1 } }],
    ({ ready }) => [{ kind: 'end_contradicts_request', generationId: ready, said: 'failed: release', found: 'settle' }],
  ],
  [
    'a cancelled request whose credit ended otherwise than it says',
    ({ cancelled }) => [`generationWork/${cancelled}`, { credits: { reserved: 1, settled: 1, released: 0 } }],
    ({ cancelled }) => [{ kind: 'end_contradicts_request', generationId: cancelled, said: 'cancelled: settle', found: 'release' }],
  ],
  [
    'a request that shows another end than its state',
    ({ failed }) => [`generationWork/${failed}`, { credits: { reserved: 1, settled: 1, released: 1 } }],
    ({ failed }) => [
      { kind: 'credits_contradict_state', generationId: failed, said: 'failed', found: 'reserved 1, settled 1, released 1' },
    ],
  ],
  [
    'a reservation that somebody else paid for',
    ({ open }) => [`generationWork/${open}`, { ownerId: 'somebody' }],
    ({ open, uid }) => [{ kind: 'reservation_of_another', generationId: open, said: 'somebody', found: uid }],
  ],
  [
    'a request that cannot be read',
    ({ open }) => [`generationWork/${open}`, { state: 'lost' }],
    ({ open }) => [{ kind: 'request_unreadable', generationId: open, said: 'owner, state and credits', found: 'not, or not so' }],
  ],
  [
    'an entry of a person who cannot be',
    ({ uid, day }) => [`ledger/a_${day}_grant`, { ...grantOf({ uid, day, amount: 0 }), uid: 'a/b' }],
    ({ day }) => [{ kind: 'entry_id', entryId: `a_${day}_grant`, said: `a/b_${day}_grant`, found: `a_${day}_grant` }],
  ],
];

function grantOf({ uid, day, amount }: { uid: string; day: string; amount: number }): DocumentData {
  return { uid, kind: 'grant', amount, generationId: '', on: day, timeZone: 'Asia/Seoul', createdAt: new Date() };
}

describe('verifyLedger', () => {
  it('finds nothing in books that are right, and says what it has looked at', async () => {
    const told: unknown[] = [];
    const report = await verifyLedger({ progress: (checked) => told.push(checked) });
    const checked = { entries: 10, requests: 5, balances: 1 };
    expect(report).toEqual({ checked, discrepancyCount: 0, discrepancies: [] });
    expect(told.at(-1)).toEqual(checked);
  });

  it.each(CORRUPTIONS)('finds %s', async (_what, spoiling, expected) => {
    expect(await foundAfter(spoiling)).toEqual(expected(books));
  });

  it('has put everything back between these tests', async () => {
    expect(await verifyLedger()).toMatchObject({ discrepancyCount: 0 });
  });
});
