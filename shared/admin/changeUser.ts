import type { Firestore, Transaction } from '@google-cloud/firestore';
import {
  disableAsWritten,
  enableAsWritten,
  findAuthRecord,
  forgetUserState,
  type Role,
  requireAnotherOperator,
  sessionsEndAt,
  type UserPrivate,
} from '#shared/access';
import { quotaRef } from '#shared/limits';
import { type Operation, writeAudit } from '#shared/operations';
import { hashUid, log, problem, toDocument, transact } from '#shared/runtime';
import { type Account, readAuthRecords, toAccount, toUser, type User } from './users.ts';

export interface UserChange {
  disabled?: boolean | undefined;
  role?: Role | undefined;
  /** Null: no exception any more. What was granted for today stays. */
  songsPerDay?: number | null | undefined;
}

/**
 * Changes what is given. Disabling also ends all sessions; whoever is enabled again has to sign in.
 *
 * Our documents come first, with the audit. For a disabling they alone lock a person out of every function and of new listeners, and Auth's
 * record follows; if it does not, the next look at him tells Auth again (`agreeWithAuth`). An enabling leaves the person to Auth's word
 * first, and is done when Auth's record was changed; if it was not, the operator is told, and repeats it.
 *
 * @throws `operator_needed` when no operator would be left, or for giving up one's own role; `not_found`
 */
export async function changeUser(uid: string, change: UserChange, operation: Operation): Promise<User> {
  if (uid === operation.actorId && (change.disabled === true || change.role === 'user')) throw problem('operator_needed');
  if (change.disabled === false && !(await findAuthRecord(uid))) throw problem('not_found'); // deleted there: there is nobody to enable
  const changed = await transact((transaction, db) => writeChange(transaction, db, { uid, change, operation }));
  forgetUserState(uid);
  const userPrivate = await tellAuth(changed, change.disabled);
  return toUser({ ...changed, userPrivate }, await readAuthRecords([uid]));
}

/** @returns what is written of the person from now on */
async function tellAuth({ user: { uid }, userPrivate }: Account, disabled: boolean | undefined): Promise<UserPrivate> {
  if (disabled === undefined) return userPrivate;
  if (disabled) {
    await disableAsWritten(uid).catch((error: unknown) => log.warn('auth_not_told', { uidHash: hashUid(uid), error }));
    return userPrivate;
  }
  const enabled = await enableAsWritten(uid);
  if (!enabled) throw problem('not_found');
  forgetUserState(uid);
  return enabled;
}

interface Change {
  uid: string;
  change: UserChange;
  operation: Operation;
}

async function writeChange(transaction: Transaction, db: Firestore, { uid, change, operation }: Change): Promise<Account> {
  const refs = { user: db.doc(`users/${uid}`), userPrivate: db.doc(`userPrivate/${uid}`), quota: quotaRef(db, uid) };
  const before = toAccount(await transaction.getAll(refs.user, refs.userPrivate, refs.quota));
  if (!before) throw problem('not_found');
  const after = changed(before, change, operation.now);
  if (isOperator(before) && !isOperator(after)) await requireAnotherOperator(transaction, db, uid);
  if (change.role !== undefined || change.disabled !== undefined) {
    transaction.update(refs.userPrivate, toDocument(untilAuthIsTold(before.userPrivate, after.userPrivate)));
  }
  if (change.role !== undefined) transaction.update(refs.user, { role: change.role });
  if (change.songsPerDay !== undefined) transaction.set(refs.quota, { songsPerDay: change.songsPerDay }, { merge: true });
  writeAudit(transaction, db, operation, { target: uid, before: of(before, change), after: of(after, change) });
  return after;
}

function changed({ user, userPrivate, songsPerDay }: Account, change: UserChange, now: Date): Account {
  return {
    user: { ...user, role: change.role ?? user.role },
    userPrivate: { ...userPrivate, role: change.role ?? userPrivate.role, ...standing(change.disabled, now) },
    songsPerDay: change.songsPerDay === undefined ? songsPerDay : change.songsPerDay,
  };
}

function standing(disabled: boolean | undefined, now: Date): Partial<UserPrivate> {
  if (disabled === undefined) return {};
  if (!disabled) return { disabled: false, disabledBy: null };
  return { disabled: true, disabledBy: 'operator', validAfterAt: sessionsEndAt(now).toISOString() };
}

/** Whoever is enabled stays out until Auth's record says so too: a look that runs beside this would undo anything else. */
function untilAuthIsTold(before: UserPrivate, after: UserPrivate): UserPrivate {
  return before.disabled && !after.disabled ? { ...after, disabled: true, disabledBy: 'auth' } : after;
}

function isOperator({ userPrivate: { role, disabled } }: Account): boolean {
  return role === 'admin' && !disabled;
}

/** Of what is to change: its values. */
function of({ userPrivate: { disabled, role }, songsPerDay }: Account, change: UserChange): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries({ disabled, role, songsPerDay }).filter(([name]) => change[name as keyof UserChange] !== undefined),
  );
}
