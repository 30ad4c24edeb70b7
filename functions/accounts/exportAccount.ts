/**
 * Everything of the caller that Sori holds, as one JSON, with links to the files that hold for half an hour.
 *
 * Who has more than `limit` of something gets `nextCursor`: asked again with it, the rest of each list follows.
 */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { AccountExport, exportAccount as collect } from '#shared/operations';

export const exportAccount = defineEndpoint({
  name: 'exportAccount',
  method: 'GET',
  summary: 'Get everything that is stored of the caller',
  access: 'user',
  feature: 'files',
  needs: {},
  rate: 'generate', // ten a minute: it reads more than any other
  budget: { reads: 1_770, writes: 0 },
  resources: { memoryMiB: 512, concurrency: 8 }, // a page with the longest lyrics is 12 MB
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ limit: z.int().min(1).max(250).default(250), cursor: z.string().min(1).max(1500).optional() }),
  output: AccountExport,
  errors: ['invalid_input'],
  cache: 'none',
  examples: [
    { title: 'The five newest of everything', input: { limit: 5 } },
    { title: 'Everything', input: {} },
  ],

  async handler(page, { uid }, { now, newId }) {
    return await collect({ uid, ...page, now, newId });
  },
});
