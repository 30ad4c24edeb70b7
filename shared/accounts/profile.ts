import { readUser } from '#shared/access';
import { STORAGE_BYTES, usedBytes } from '#shared/files';
import { creditsOf, quotaRef } from '#shared/limits';
import { database, problem, readSettings, SETTINGS_DOCUMENT } from '#shared/runtime';
import type { Profile } from './schema.ts';

/** @throws `session_ended` when the account has gone meanwhile */
export async function readProfile(uid: string, now: Date): Promise<Profile> {
  const db = await database();
  const [user, [quota, settings], storageUsedBytes] = await Promise.all([
    readUser(uid),
    db.getAll(quotaRef(db, uid), db.doc(SETTINGS_DOCUMENT)),
    usedBytes(uid),
  ]);
  if (!user) throw problem('session_ended');
  const { songsPerDay, balance } = creditsOf(quota, readSettings(settings?.data()).settings, now);
  return {
    ...user,
    allowance: {
      songsPerDay,
      songsLeftToday: Math.max(0, balance),
      storageBytes: STORAGE_BYTES,
      storageUsedBytes,
    },
  };
}
