/** Firebase Auth's administration, loaded when first used: it is heavy, and the check of a token does not need it. */
import type { Auth, UserRecord } from 'firebase-admin/auth';
import { config, DeadlineExceeded, within } from '#shared/runtime';

const LIMIT_MS = 5_000;
const WHAT = 'Firebase Auth';

let client: Promise<Auth> | undefined;

async function connect(): Promise<Auth> {
  const [{ getApps, initializeApp }, { getAuth }] = await Promise.all([import('firebase-admin/app'), import('firebase-admin/auth')]);
  const app = getApps()[0] ?? initializeApp({ projectId: config().GOOGLE_CLOUD_PROJECT });
  return getAuth(app);
}

/** Firebase Auth did not answer in time, whatever the database does. */
export class AuthSilent extends DeadlineExceeded {}

/** Runs one call of the Admin API under a time limit. @throws {AuthSilent} */
export async function authAdmin<T>(call: (auth: Auth) => Promise<T>): Promise<T> {
  client ??= connect();
  const auth = await client;
  try {
    return await within(LIMIT_MS, WHAT, call(auth));
  } catch (error) {
    throw error instanceof DeadlineExceeded ? new AuthSilent(WHAT, LIMIT_MS) : error;
  }
}

/** @returns undefined when Auth has no such user */
export async function findAuthRecord(uid: string): Promise<UserRecord | undefined> {
  try {
    return await authAdmin((auth) => auth.getUser(uid));
  } catch (error) {
    if (authErrorCode(error) === 'auth/user-not-found') return undefined;
    throw error;
  }
}

/** Also ends the sessions of whom it disables. @returns undefined when Auth has no such user */
export async function disableInAuth(uid: string, disabled: boolean): Promise<UserRecord | undefined> {
  try {
    const record = await authAdmin((auth) => auth.updateUser(uid, { disabled }));
    if (disabled) await authAdmin((auth) => auth.revokeRefreshTokens(uid));
    return record;
  } catch (error) {
    if (authErrorCode(error) === 'auth/user-not-found') return undefined;
    throw error;
  }
}

export function authErrorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}
