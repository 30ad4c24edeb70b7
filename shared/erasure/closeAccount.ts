import { authAdmin, authErrorCode, forgetUserState, sessionsEndAt, tombstoneRef } from '#shared/access';
import { attemptPaths } from '#shared/limits';
import { hashUid, log, nudgeJob, toDocument, transact, type World } from '#shared/runtime';
import { type Erasure, erasureRef } from './record.ts';

/**
 * Deletes an account: from the moment of one transaction on nobody gets in, whatever dies after it, and `watchService` erases what is
 * left. Safe to repeat and twice at once.
 */
export async function closeAccount(uid: string, { clock, newId }: Pick<World, 'clock' | 'newId'>): Promise<void> {
  const erasureId = newId('tmb');
  await transact(async (transaction, db) => {
    const [tombstone, user] = await transaction.getAll(tombstoneRef(db, uid), db.doc(`users/${uid}`));
    if (!tombstone || !user || tombstone.exists) return;
    const now = new Date(clock.now());
    const erasure: Erasure = {
      ...{ erasureId, uid, state: 'erasing', claimId: null, failedPasses: 0, provenTo: null },
      ...{ startedAt: now.toISOString(), dueAt: now.toISOString() },
    };
    transaction.create(tombstone.ref, { erasureId, deletedAt: now });
    transaction.create(erasureRef(db, erasureId), toDocument(erasure));
    // Kept to the end, and closed: the security rules look at it.
    transaction.set(db.doc(`userPrivate/${uid}`), { role: 'user', disabled: true, validAfterAt: sessionsEndAt(now) });
    // What is being asked for right now looks for this document in its own transaction, and finds nobody.
    transaction.delete(user.ref);
    const email: unknown = user.get('email');
    if (typeof email === 'string') for (const path of attemptPaths(email)) transaction.delete(db.doc(path));
  });
  forgetUserState(uid);
  await deleteInAuth(uid).catch((error: unknown) => log.warn('auth_record_not_deleted', { uidHash: hashUid(uid), error }));
  await nudgeJob('watchService', clock);
}

/** Success when it has gone already. */
export async function deleteInAuth(uid: string): Promise<void> {
  try {
    await authAdmin((auth) => auth.deleteUser(uid));
  } catch (error) {
    if (authErrorCode(error) !== 'auth/user-not-found') throw error;
  }
}
