/** The caller's requests for songs, the newest first. */
import { z } from 'zod';
import { defineEndpoint, list, pageInput } from '#shared/endpoint';
import { Generation, listGenerations as listPage } from '#shared/generation';

export const listGenerations = defineEndpoint({
  name: 'listGenerations',
  method: 'GET',
  summary: "List the caller's requests for songs",
  access: 'user',
  feature: 'library',
  needs: {},
  rate: 'read',
  budget: { reads: 101, writes: 0 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject(pageInput),
  output: list(Generation),
  errors: [],
  cache: 'none',
  examples: [{ title: 'The latest', input: { limit: 10 } }],

  async handler(page, { uid }) {
    return await listPage(uid, page);
  },
});
