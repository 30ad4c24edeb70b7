/** Exchanges a refresh token for a new ID token, unless the sessions have been ended since. */
import { z } from 'zod';
import { RefreshToken, refreshSession as refresh, Session } from '#shared/accounts';
import { defineEndpoint } from '#shared/endpoint';

export const refreshSession = defineEndpoint({
  name: 'refreshSession',
  method: 'POST',
  summary: 'Get a new ID token',
  access: 'public',
  feature: 'signIn',
  needs: {},
  rate: 'signIn',
  budget: { reads: 2, writes: 2 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ refreshToken: RefreshToken }),
  output: z.strictObject({ session: Session }),
  errors: ['session_ended', 'too_many_attempts'],
  cache: 'none',
  examples: [{ title: 'Before the hour is over', input: { refreshToken: 'AMf-vBxTheRefreshTokenOfTheSession' } }],

  async handler({ refreshToken }, _caller, { clock }) {
    return { session: await refresh(refreshToken, clock) };
  },
});
