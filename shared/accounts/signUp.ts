import type { z } from 'zod';
import { authAdmin, authErrorCode, ensureAccount } from '#shared/access';
import { problem } from '#shared/runtime';
import { signInWithPassword } from './identityToolkit.ts';
import type { Locale, Session } from './schema.ts';

interface NewAccount {
  email: string;
  password: string;
  displayName: string;
  locale: z.output<typeof Locale>;
}

/**
 * Makes an account and signs it in.
 *
 * By the Admin API: the public one allows 100 sign-ups an hour per address, and ours would be everybody's. A crash after
 * the first step leaves an account whose documents are made at its first call.
 *
 * @throws `email_taken`
 */
export async function signUpWithPassword({ email, password, displayName, locale }: NewAccount, now: Date): Promise<Session> {
  const record = await authAdmin((auth) => auth.createUser({ email, password, displayName })).catch((error: unknown) => {
    throw authErrorCode(error) === 'auth/email-already-exists' ? problem('email_taken') : error;
  });
  await ensureAccount(record, { displayName, locale }, now);
  return signInWithPassword(email, password);
}
