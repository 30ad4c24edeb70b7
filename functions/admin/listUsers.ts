/**
 * People, the newest first, or those whose e-mail begins with a text.
 *
 * A read, but by POST: the address of every request goes into logs that are not ours, and a part of an e-mail must not.
 */
import { z } from 'zod';
import { listUsers as listPage, User } from '#shared/admin';
import { defineEndpoint, list, pageInput } from '#shared/endpoint';
import { text } from '#shared/runtime';

export const listUsers = defineEndpoint({
  name: 'listUsers',
  method: 'POST',
  summary: 'List people',
  access: 'admin',
  feature: 'admin',
  needs: {},
  rate: 'read',
  budget: { reads: 302, writes: 0 }, // of 100 people three documents each; one person more, and where the last page ended
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ query: text({ max: 254 }).optional(), ...pageInput }),
  output: list(User),
  errors: [],
  cache: 'none',
  examples: [
    { title: 'Who is new', input: { limit: 10 } },
    { title: 'Who writes from here', input: { query: 'mina@' } },
  ],

  async handler({ query, ...page }) {
    return await listPage(query, page);
  },
});
