/** What the caller keeps here by pages, the newest first: the sound and the cover of each song, and each picture with all of its sizes. */
import { z } from 'zod';
import { defineEndpoint, list, pageInput } from '#shared/endpoint';
import { File, listFiles as listOwn } from '#shared/files';

export const listFiles = defineEndpoint({
  name: 'listFiles',
  method: 'GET',
  summary: "List the caller's files",
  access: 'user',
  feature: 'files',
  needs: {},
  rate: 'read',
  budget: { reads: 101, writes: 0 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject(pageInput),
  output: list(File),
  errors: [],
  cache: 'none',
  examples: [{ title: 'What takes my space?', input: { limit: 50 } }],

  async handler(page, { uid }) {
    return await listOwn(uid, page);
  },
});
