import type { CreateRequest, UserImportRecord, UserRecord } from 'firebase-admin/auth';
import { authAdmin, authErrorCode } from '#shared/access';
import { EntryFault } from './report.ts';
import type { PasswordHashing, UserFields } from './schema.ts';

/** The account that an earlier run made, and one that has the e-mail: after a change of e-mail they may be two. */
export async function findAuthAccounts(uid: string, email: string): Promise<{ own?: UserRecord; other?: UserRecord }> {
  const { users } = await authAdmin((auth) => auth.getUsers([{ uid }, { email }]));
  const own = users.find((record) => record.uid === uid);
  const other = users.find((record) => record.uid !== uid);
  return { ...(own ? { own } : {}), ...(other ? { other } : {}) };
}

/** Makes the account in Firebase Auth. @throws {EntryFault} when Auth refuses what the description gives */
export async function createAuthAccount(uid: string, user: UserFields, hashing: PasswordHashing | undefined): Promise<void> {
  try {
    if (user.password === undefined) await importRecord(uid, user, hashing);
    else await authAdmin((auth) => auth.createUser({ ...profileOf(uid, user), password: user.password } as CreateRequest));
  } catch (error) {
    const code = authErrorCode(error);
    if (!code?.startsWith('auth/invalid-')) throw error;
    throw new EntryFault('entry', `Firebase Auth refuses it (${code})`, 'Correct it, or passwordHashing, in the description.');
  }
}

/** The one way to give a hash, or a time of creation. It would overwrite an account of this uid: call it only when there is none. */
async function importRecord(uid: string, user: UserFields, hashing: PasswordHashing | undefined): Promise<void> {
  const { passwordHash, passwordSalt, createdAt } = user;
  const record: UserImportRecord = {
    ...profileOf(uid, user),
    ...(createdAt ? { metadata: { creationTime: new Date(createdAt).toUTCString() } } : {}),
    ...(passwordHash ? { passwordHash, ...(passwordSalt ? { passwordSalt } : {}) } : {}),
  };
  const options = passwordHash && hashing ? { hash: hashing } : undefined;
  const { errors } = await authAdmin((auth) => auth.importUsers([record], options));
  if (errors[0]) throw errors[0].error;
}

function profileOf(uid: string, { email, emailVerified, displayName, disabled }: UserFields) {
  return { uid, email, emailVerified, displayName, disabled };
}
