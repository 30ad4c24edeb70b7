/**
 * Operators disable, revoke and delete people in the Firebase console too, which writes to Auth's record alone. The security rules see
 * `userPrivate` alone. So each look at a person writes down there what Auth says: from then on no new listener opens either (G7).
 */
import type { UserRecord } from 'firebase-admin/auth';
import { database, fromDocument, hashUid, isConflict, log, toDocument } from '#shared/runtime';
import { UserPrivate } from './account.ts';
import { findAuthRecord } from './authAdmin.ts';
import { disableAsWritten } from './tellAuth.ts';

/**
 * @param record - undefined when Auth has none any more
 * @returns what `userPrivate` says from now on. What cannot be written down holds for this look, and the next tries again.
 */
export async function agreeWithAuth(uid: string, stored: UserPrivate, record: UserRecord | undefined): Promise<UserPrivate> {
  try {
    if (record && !record.disabled && stored.disabled && stored.disabledBy === 'operator') await disableAsWritten(uid);
    if (changeBy(stored, record)) await writeDown(uid);
  } catch (error) {
    if (!isConflict(error)) log.warn('auth_disagrees', { uidHash: hashUid(uid), error });
  }
  return { ...stored, ...changeBy(stored, record) };
}

function changeBy(stored: UserPrivate, record: UserRecord | undefined): Partial<UserPrivate> | undefined {
  const isOut = !record || record.disabled;
  const disabling: Partial<UserPrivate> = isOut && !stored.disabled ? { disabled: true, disabledBy: 'auth' } : {};
  const enabling: Partial<UserPrivate> =
    !isOut && stored.disabled && stored.disabledBy === 'auth' ? { disabled: false, disabledBy: null } : {};
  const revokedMs = revocationMs(record);
  const revoking = revokedMs > Date.parse(stored.validAfterAt) ? { validAfterAt: new Date(revokedMs).toISOString() } : {};
  const change = { ...disabling, ...enabling, ...revoking };
  return Object.keys(change).length > 0 ? change : undefined;
}

/** When the sessions were ended in Auth. Each account begins with such a time: that of its making, which ends nothing. */
function revocationMs(record: UserRecord | undefined): number {
  const revokedMs = Date.parse(record?.tokensValidAfterTime ?? '') || 0;
  return revokedMs > Date.parse(record?.metadata.creationTime ?? '') ? revokedMs : 0;
}

/**
 * By what the document and then Auth say at that moment: an operator's own word is not overwritten, who was deleted does not come back,
 * and an enabling that runs beside this is not undone. Of many looks at once one writes, and none waits.
 */
async function writeDown(uid: string): Promise<void> {
  const db = await database();
  const snapshot = await db.doc(`userPrivate/${uid}`).get();
  const data = snapshot.data();
  const change = data && changeBy(UserPrivate.parse(fromDocument(data)), await findAuthRecord(uid)); // in this order
  if (change && snapshot.updateTime) await snapshot.ref.update(toDocument(change), { lastUpdateTime: snapshot.updateTime });
}
