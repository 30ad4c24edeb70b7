/** A person's books, taken away piece by piece. What is left of them is true at every moment: no check finds a fault on the way (G3). */
import type { DocumentSnapshot, Firestore, Transaction } from '@google-cloud/firestore';
import { z } from 'zod';
import { quotaRef } from './ledger.ts';

const Amount = z.object({ amount: z.number() }).catch({ amount: 0 });
const Balance = z.object({ balance: z.number() });

/**
 * Deletes entries and takes what they came to out of the balance.
 *
 * @param quota - the owner's quota document, read in this transaction as the entries were; entries that are not there are passed over
 */
export function eraseEntries(transaction: Transaction, quota: DocumentSnapshot, entries: DocumentSnapshot[]): void {
  const there = entries.filter(({ exists }) => exists);
  const sum = there.reduce((total, entry) => total + Amount.parse(entry.data()).amount, 0);
  for (const { ref } of there) transaction.delete(ref);
  const quotaData = Balance.safeParse(quota.data()).data;
  if (quotaData && sum !== 0) transaction.update(quota.ref, { balance: quotaData.balance - sum });
}

/** Deletes a page of entries, and at last the balance. @returns how many documents went: 0 when nothing is left */
export async function eraseBook(transaction: Transaction, db: Firestore, uid: string, limit: number): Promise<number> {
  const quota = await transaction.get(quotaRef(db, uid));
  const entries = (await transaction.get(db.collection('ledger').where('uid', '==', uid).limit(limit))).docs;
  if (entries.length > 0) eraseEntries(transaction, quota, entries);
  else if (quota.exists) transaction.delete(quota.ref);
  return entries.length > 0 ? entries.length : Number(quota.exists);
}
