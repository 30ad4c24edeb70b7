import type { Firestore, Transaction } from '@google-cloud/firestore';
import { problem } from '#shared/runtime';
import { authAdmin } from './authAdmin.ts';

/** So many are looked at: where ten have been locked out in Auth, nobody takes an eleventh for granted. */
const MOST_LOOKED_AT = 10;

/**
 * Read in the transaction that takes an operator away: of two who take each other away at once, one stays. Whom the Firebase console
 * has disabled or deleted does not count: only Auth knows, until the next look at him.
 *
 * @throws `operator_needed` when there is none besides `uid`; Auth's failure
 */
export async function requireAnotherOperator(transaction: Transaction, db: Firestore, uid: string): Promise<void> {
  const operators = db.collection('userPrivate').where('role', '==', 'admin').where('disabled', '==', false);
  const { docs } = await transaction.get(operators.limit(MOST_LOOKED_AT + 1));
  const others = docs.filter(({ id }) => id !== uid).map(({ id }) => ({ uid: id }));
  if (others.length === 0) throw problem('operator_needed');
  const { users: records } = await authAdmin((auth) => auth.getUsers(others));
  if (!records.some(({ disabled }) => !disabled)) throw problem('operator_needed');
}
