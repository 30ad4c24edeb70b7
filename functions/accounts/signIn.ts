/** Signs in with e-mail and password. A wrong password, an unknown e-mail and a closed account get the same answer. */
import { z } from 'zod';
import { ChosenPassword, Email, openSession, Profile, readProfile, Session } from '#shared/accounts';
import { defineEndpoint } from '#shared/endpoint';
import { type Attempt, countAttempts, forgiveAttempts } from '#shared/limits';
import { Problem } from '#shared/runtime';

export const signIn = defineEndpoint({
  name: 'signIn',
  method: 'POST',
  summary: 'Sign in with e-mail and password',
  access: 'public',
  feature: 'signIn',
  needs: {},
  rate: 'signIn',
  budget: { reads: 9, writes: 6 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ email: Email, password: ChosenPassword }),
  output: z.strictObject({ session: Session, profile: Profile }),
  errors: ['wrong_credentials', 'too_many_attempts'],
  cache: 'none',
  examples: [{ title: 'The first sample account', input: { email: 'user01@sori.example', password: 'sori-local-only' } }],

  async handler({ email, password }, _caller, { now, clock, address }) {
    const byAddress: Attempt[] = address.isShared ? [] : [{ kind: 'signInAddress', of: address.ip }];
    const attempts: Attempt[] = [{ kind: 'signInAccount', of: email }, ...byAddress];
    await countAttempts(attempts);
    const session = await openSession(email, password, clock).catch(async (error: unknown) => {
      if (!(error instanceof Problem)) await forgiveAttempts(attempts); // nobody guessed wrong: Firebase Auth did not answer
      throw error;
    });
    await forgiveAttempts(attempts);
    return { session, profile: await readProfile(session.uid, now) };
  },
});
