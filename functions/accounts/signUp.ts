/**
 * Makes an account with e-mail and password, and signs it in.
 *
 * Clients that use the Firebase SDK need not call it: an account made there gets its profile at its first call here.
 */
import { z } from 'zod';
import { DisplayName, Email, Locale, Password, Profile, readProfile, Session, signUpWithPassword } from '#shared/accounts';
import { defineEndpoint } from '#shared/endpoint';
import { countAttempts } from '#shared/limits';

export const signUp = defineEndpoint({
  name: 'signUp',
  method: 'POST',
  summary: 'Make an account and sign in',
  access: 'public',
  feature: 'signIn',
  needs: {},
  rate: 'signIn',
  budget: { reads: 7, writes: 3 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ email: Email, password: Password, displayName: DisplayName, locale: Locale.default('ko') }),
  output: z.strictObject({ session: Session, profile: Profile }),
  status: 201,
  errors: ['email_taken', 'too_many_attempts', 'wrong_credentials'],
  cache: 'none',
  examples: [{ title: 'A new listener', input: { email: 'mina@sori.example', password: 'a long password', displayName: 'Mina' } }],

  async handler(input, _caller, { now, address }) {
    if (!address.isShared) await countAttempts([{ kind: 'signUpAddress', of: address.ip }]);
    const session = await signUpWithPassword(input, now);
    return { session, profile: await readProfile(session.uid, now) };
  },
});
