/** How much of the caller's storage is used, in bytes. Songs are made all the same when it is full; uploads are refused. */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { STORAGE_BYTES, usedBytes } from '#shared/files';

export const getStorageUsage = defineEndpoint({
  name: 'getStorageUsage',
  method: 'GET',
  summary: "Read how much of the caller's storage is used",
  access: 'user',
  feature: 'files',
  needs: {},
  rate: 'read',
  budget: { reads: 1, writes: 0 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({}),
  output: z.strictObject({ usage: z.strictObject({ usedBytes: z.int(), limitBytes: z.int() }) }),
  errors: [],
  cache: 'none',
  examples: [{ title: 'Is there room?', input: {} }],

  async handler(_input, { uid }) {
    return { usage: { usedBytes: await usedBytes(uid), limitBytes: STORAGE_BYTES } };
  },
});
