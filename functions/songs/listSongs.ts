/** Songs by pages: the caller's own in every state, or the public ones that are ready. */
import { z } from 'zod';
import { defineEndpoint, list, pageInput } from '#shared/endpoint';
import { problem } from '#shared/runtime';
import { listOwnSongs, listPublicSongs, Song } from '#shared/songs';

export const listSongs = defineEndpoint({
  name: 'listSongs',
  method: 'GET',
  summary: "List the caller's songs, or the public ones",
  access: 'public',
  feature: 'library',
  needs: {},
  rate: 'read',
  budget: { reads: 101, writes: 0 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({
    scope: z.enum(['mine', 'public']),
    sort: z.enum(['newest', 'popular']).default('newest'),
    ...pageInput,
  }),
  output: list(Song),
  errors: ['unauthenticated'],
  cache: { sharedS: 60 },
  examples: [{ title: 'What is new', input: { scope: 'public', limit: 10 } }],

  async handler({ scope, sort, ...page }, caller) {
    if (scope === 'public') return await listPublicSongs(sort, page);
    if (caller.kind !== 'user') throw problem('unauthenticated');
    return await listOwnSongs(caller.uid, page);
  },
});
