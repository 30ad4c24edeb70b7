import { authAdmin, type UserDocument } from '#shared/access';
import { hashUid, log, nudgeJob, problem, transact, type World } from '#shared/runtime';

type ProfileChange = { [Name in 'displayName' | 'locale']?: UserDocument[Name] | undefined };

/**
 * Changes the given fields. A new name is noted in the same transaction, for the copies of it in the person's songs.
 *
 * @throws `session_ended` when the account has gone meanwhile
 */
export async function changeProfile(uid: string, given: ProfileChange, { clock }: Pick<World, 'clock'>): Promise<void> {
  const change = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const isRenamed = await transact(async (transaction, db) => {
    const [user, own] = await transaction.getAll(db.doc(`users/${uid}`), db.doc(`userPrivate/${uid}`));
    if (!user?.exists || !own?.exists) throw problem('session_ended');
    transaction.update(user.ref, change);
    const isNew = given.displayName !== undefined && given.displayName !== user.get('displayName');
    if (isNew) transaction.update(own.ref, { renamedAt: new Date(clock.now()) });
    return isNew;
  });
  if (!isRenamed) return;
  await nudgeJob('watchService', clock);
  await renameInAuth(uid, given.displayName!);
}

/** For the console alone: nothing here reads it again. So nobody waits long, and when it is lost, it is lost. */
async function renameInAuth(uid: string, displayName: string): Promise<void> {
  try {
    await authAdmin((auth) => auth.updateUser(uid, { displayName }));
  } catch (error) {
    log.warn('auth_not_renamed', { uidHash: hashUid(uid), error });
  }
}
