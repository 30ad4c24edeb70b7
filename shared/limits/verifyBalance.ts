import type { DocumentSnapshot } from '@google-cloud/firestore';
import { database, within } from '#shared/runtime';
import type { Discrepancy } from './discrepancy.ts';
import { quotaRef } from './ledger.ts';

export type BalanceFault = 'balance_is_not_the_sum' | 'balance_unreadable' | 'balance_missing';

const CALL_LIMIT_MS = 30_000;

/**
 * Whether a person's balance is the sum of his entries. What looks wrong is read again in one transaction, of one moment: work
 * in progress is no discrepancy.
 *
 * Reads 1 document, and 1 for each 1,000 entries begun (that is what a sum costs); twice when it looks wrong. Writes nothing.
 */
export async function verifyBalance(uid: string): Promise<Discrepancy<BalanceFault> | undefined> {
  const db = await database();
  const ref = quotaRef(db, uid);
  const { sumOfEntries } = await import('./sumOfEntries.ts');
  const query = sumOfEntries(db, uid);
  const looked = Promise.all([ref.get(), query.get()]).then(([quota, sums]) => fault(quota, sums.data()));
  if (!(await within(CALL_LIMIT_MS, 'the balance', looked))) return undefined;
  const again = db.runTransaction(
    async (transaction) => fault(await transaction.get(ref), (await transaction.get(query)).data()),
    { readOnly: true }, // takes no locks
  );
  return within(CALL_LIMIT_MS, 'the balance', again);
}

interface Sums {
  sum: number;
  count: number;
}

function fault(quota: DocumentSnapshot, { sum, count }: Sums): Discrepancy<BalanceFault> | undefined {
  const uid = quota.id;
  const found = String(sum);
  if (!quota.exists) return count === 0 ? undefined : { kind: 'balance_missing', uid, said: 'no balance', found };
  const balance: unknown = quota.get('balance') ?? 0; // before the first grant the document may hold other figures only
  if (!Number.isInteger(balance)) return { kind: 'balance_unreadable', uid, said: 'no whole number', found };
  return balance === sum ? undefined : { kind: 'balance_is_not_the_sum', uid, said: String(balance), found };
}
