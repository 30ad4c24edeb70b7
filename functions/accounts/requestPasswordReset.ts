/**
 * Sends a letter by which its reader may choose a new password. Whether anybody has the address, the answer does not tell.
 *
 * The link in it opens a page of Firebase. The local cloud sends none: "Writing a client" says where its letters are.
 */
import { z } from 'zod';
import { Email, requestReset } from '#shared/accounts';
import { defineEndpoint } from '#shared/endpoint';
import { type Attempt, countAttempts } from '#shared/limits';

export const requestPasswordReset = defineEndpoint({
  name: 'requestPasswordReset',
  method: 'POST',
  summary: 'Have a letter sent to choose a new password',
  access: 'public',
  feature: 'signIn',
  needs: {},
  rate: 'signIn',
  budget: { reads: 2, writes: 2 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ email: Email }),
  output: z.strictObject({}),
  status: 202,
  errors: ['too_many_attempts'],
  cache: 'none',
  examples: [{ title: 'Forgotten', input: { email: 'user02@sori.example' } }],

  async handler({ email }, _caller, { address }) {
    const byAddress: Attempt[] = address.isShared ? [] : [{ kind: 'resetAddress', of: address.ip }];
    await countAttempts([{ kind: 'resetAccount', of: email }, ...byAddress]);
    await requestReset(email);
    return {};
  },
});
