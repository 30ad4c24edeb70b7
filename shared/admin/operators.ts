/** Who operates the service: for `npm run admin`, which makes the first of them. */
import { authAdmin, authErrorCode, type Role } from '#shared/access';
import type { Operation } from '#shared/operations';
import { database } from '#shared/runtime';
import { changeUser } from './changeUser.ts';
import type { User } from './users.ts';

/** Whoever runs a command has the project's own credentials; no request of a person stands behind it. */
const COMMAND = 'operator:cli';

/** @returns undefined when Auth has nobody with this e-mail */
export async function findUidByEmail(email: string): Promise<string | undefined> {
  try {
    return (await authAdmin((auth) => auth.getUserByEmail(email))).uid;
  } catch (error) {
    if (['auth/user-not-found', 'auth/invalid-email'].includes(authErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** @throws `not_found` for an account that was never used, `operator_needed` for the last operator */
export function giveRole(uid: string, role: Role, { now, newId }: Pick<Operation, 'now' | 'newId'>): Promise<User> {
  const action = role === 'admin' ? 'admin:grant' : 'admin:revoke';
  return changeUser(uid, { role }, { actorId: COMMAND, action, requestId: null, now, newId });
}

export interface Operator {
  uid: string;
  /** Empty: his document is gone or spoiled. */
  email: string;
  disabled: boolean;
}

export async function listOperators(): Promise<Operator[]> {
  const db = await database();
  const { docs } = await db.collection('userPrivate').where('role', '==', 'admin').limit(100).get();
  if (docs.length === 0) return [];
  const shown = await db.getAll(...docs.map(({ id }) => db.doc(`users/${id}`)));
  return docs.map((document, at) => ({
    uid: document.id,
    email: String(shown[at]?.get('email') ?? ''),
    disabled: document.get('disabled') !== false,
  }));
}
