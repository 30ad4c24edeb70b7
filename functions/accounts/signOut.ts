/** Signs out everywhere: all sessions of the account end, on all devices. */
import { z } from 'zod';
import { endSessions } from '#shared/accounts';
import { defineEndpoint } from '#shared/endpoint';

export const signOut = defineEndpoint({
  name: 'signOut',
  method: 'POST',
  summary: 'End all sessions, on all devices',
  access: 'user',
  feature: 'signIn',
  needs: {},
  rate: 'write',
  budget: { reads: 0, writes: 1 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({}),
  output: z.strictObject({ signedOut: z.literal(true) }),
  errors: [],
  cache: 'none',
  examples: [{ title: 'Sign out', input: {} }],

  async handler(_input, { uid }, { clock }) {
    await endSessions(uid, clock);
    return { signedOut: true as const };
  },
});
