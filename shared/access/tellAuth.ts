/**
 * Our word in Auth's record. Auth's administration knows no preconditions, so whoever speaks to it holds `userPrivate` in a transaction:
 * of two who say opposite things, the second waits for the first, and says what then stands there.
 */
import type { DocumentReference, DocumentSnapshot } from '@google-cloud/firestore';
import { fromDocument, transact } from '#shared/runtime';
import { tombstoneRef, UserPrivate } from './account.ts';
import { disableInAuth } from './authAdmin.ts';

/** Disables in Auth whom an operator has disabled here, and ends his sessions there; does nothing when that was taken back. */
export async function disableAsWritten(uid: string): Promise<void> {
  let isTold = false;
  await transact(async (transaction, db) => {
    const own = db.doc(`userPrivate/${uid}`);
    const stored = read(await transaction.get(own));
    const isOut = stored?.disabled === true && stored.disabledBy === 'operator';
    // Told, but then the transaction was lost to somebody who took it back: Auth must not keep the last word of the loser.
    if (!isOut && isTold) await disableInAuth(uid, false);
    if (isOut) await disableInAuth(uid, true);
    isTold = isOut;
  });
}

/**
 * Enables in Auth, and here, whoever was left to Auth's word (`disabledBy: 'auth'`). Until both have happened the person stays out.
 *
 * @returns what is written of the person from now on: disabled again, when another operator has said so meanwhile;
 *   undefined when there is no such person, here or in Auth
 */
export function enableAsWritten(uid: string): Promise<UserPrivate | undefined> {
  return transact(async (transaction, db) => {
    const ref: DocumentReference = db.doc(`userPrivate/${uid}`);
    const [own, tombstone] = await transaction.getAll(ref, tombstoneRef(db, uid));
    const stored = read(own!);
    if (tombstone!.exists) return undefined; // deleted meanwhile, and not to be opened again (G15)
    if (!stored || (stored.disabled && stored.disabledBy === 'operator')) return stored;
    if (!(await disableInAuth(uid, false))) return undefined;
    const enabled = { disabled: false, disabledBy: null };
    transaction.update(ref, enabled); // also where it says so: a look that began before must find it written since
    return { ...stored, ...enabled };
  });
}

function read(snapshot: DocumentSnapshot): UserPrivate | undefined {
  const data = snapshot.data();
  return data && UserPrivate.parse(fromDocument(data));
}
