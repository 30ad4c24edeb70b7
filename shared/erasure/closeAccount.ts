import type { Firestore, Transaction } from '@google-cloud/firestore';
import { authAdmin, authErrorCode, forgetUserState, requireAnotherOperator, sessionsEndAt, tombstoneRef } from '#shared/access';
import { attemptPaths } from '#shared/limits';
import { hashUid, log, nudgeJob, toDocument, transact, type World } from '#shared/runtime';
import { type Erasure, erasureRef } from './record.ts';

/**
 * Deletes an account: from the moment of one transaction on nobody gets in, whatever dies after it, and `watchService` erases what is
 * left. Safe to repeat and twice at once.
 *
 * @throws `operator_needed` for the last operator
 */
export async function closeAccount(uid: string, { clock, newId }: Pick<World, 'clock' | 'newId'>): Promise<void> {
  const erasureId = newId('tmb');
  await transact(async (transaction, db) => {
    const refs = refsOf(db, uid);
    const [tombstone, user, userPrivate] = await transaction.getAll(...refs);
    if (!tombstone || !user || tombstone.exists) return;
    if (userPrivate?.get('role') === 'admin') await requireAnotherOperator(transaction, db, uid);
    const now = new Date(clock.now());
    close(transaction, db, { uid, erasureId, deletedAt: now, now, email: user.get('email') });
  });
  forgetUserState(uid);
  await deleteInAuth(uid).catch((error: unknown) => log.warn('auth_record_not_deleted', { uidHash: hashUid(uid), error }));
  await nudgeJob('watchService', clock);
}

/**
 * Closes an account again in a database that was restored to a time before its deletion; `watchService` erases what came back with it.
 *
 * @returns false when nothing came back of it
 */
export function closeAgain(db: Firestore, uid: string, deletion: { erasureId: string; deletedAt: Date }, now: Date): Promise<boolean> {
  return db.runTransaction(async (transaction) => {
    const [tombstone, user] = await transaction.getAll(...refsOf(db, uid));
    if (!tombstone || !user?.exists) return false;
    close(transaction, db, { uid, ...deletion, now, email: user.get('email') });
    return true;
  });
}

function refsOf(db: Firestore, uid: string) {
  return [tombstoneRef(db, uid), db.doc(`users/${uid}`), db.doc(`userPrivate/${uid}`)] as const;
}

interface Closing {
  uid: string;
  erasureId: string;
  deletedAt: Date;
  now: Date;
  email: unknown;
}

function close(transaction: Transaction, db: Firestore, { uid, erasureId, deletedAt, now, email }: Closing): void {
  const [tombstone, user, userPrivate] = refsOf(db, uid);
  const erasure: Erasure = {
    ...{ erasureId, uid, state: 'erasing', claimId: null, failedPasses: 0, provenTo: null },
    ...{ startedAt: now.toISOString(), dueAt: now.toISOString() },
  };
  transaction.set(tombstone, { erasureId, deletedAt });
  transaction.set(erasureRef(db, erasureId), toDocument(erasure));
  // Kept to the end, and closed: the security rules look at it.
  transaction.set(userPrivate, { role: 'user', disabled: true, validAfterAt: sessionsEndAt(now) });
  // What is being asked for right now looks for this document in its own transaction, and finds nobody.
  transaction.delete(user);
  if (typeof email === 'string') for (const path of attemptPaths(email)) transaction.delete(db.doc(path));
}

/** Success when it has gone already. */
export async function deleteInAuth(uid: string): Promise<void> {
  try {
    await authAdmin((auth) => auth.deleteUser(uid));
  } catch (error) {
    if (authErrorCode(error) !== 'auth/user-not-found') throw error;
  }
}
