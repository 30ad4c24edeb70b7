import { readUser } from '#shared/access';
import { creditsOf, quotaRef } from '#shared/limits';
import { database, problem, readSettings, SETTINGS_DOCUMENT } from '#shared/runtime';
import type { Profile } from './schema.ts';

/** What a person may keep here, in bytes. */
const STORAGE_BYTES = 5 * 1024 ** 3;

/** @throws `session_ended` when the account has gone meanwhile */
export async function readProfile(uid: string, now: Date): Promise<Profile> {
  const db = await database();
  const [user, [quota, settings]] = await Promise.all([readUser(uid), db.getAll(quotaRef(db, uid), db.doc(SETTINGS_DOCUMENT))]);
  if (!user) throw problem('session_ended');
  const { songsPerDay, balance } = creditsOf(quota, readSettings(settings?.data()).settings, now);
  return {
    ...user,
    allowance: {
      songsPerDay,
      songsLeftToday: Math.max(0, balance),
      storageBytes: STORAGE_BYTES,
      storageUsedBytes: storageUsed(quota?.data()),
    },
  };
}

function storageUsed(quota: Record<string, unknown> | undefined): number {
  const used = quota?.['storageUsedBytes'];
  return typeof used === 'number' ? used : 0;
}
