/**
 * Deletes the caller's account. Nobody gets in from that moment on; songs, pictures, files and all else go within the hour, and from
 * backups within 90 days. It cannot be taken back. The last operator stays.
 */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { closeAccount } from '#shared/erasure';

export const deleteAccount = defineEndpoint({
  name: 'deleteAccount',
  method: 'POST',
  summary: "Delete the caller's account, with everything in it",
  access: 'user',
  feature: 'files',
  needs: {},
  rate: 'write',
  budget: { reads: 14, writes: 6 }, // of whom operates the service: up to 11 operators
  secrets: ['JWT_SECRET'],
  input: z.strictObject({}),
  output: z.strictObject({ deleted: z.literal(true) }),
  errors: ['operator_needed'],
  cache: 'none',
  examples: [{ title: 'For good', input: {} }],

  async handler(_input, { uid }, { clock, newId }) {
    await closeAccount(uid, { clock, newId });
    return { deleted: true as const };
  },
});
