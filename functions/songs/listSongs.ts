/**
 * Songs by pages: the caller's own in every state, or the public ones that are ready.
 *
 * With `query`, those of which every word begins some word of the title, the style or the owner's name; Korean also by initial
 * consonants. Case and width do not matter. Such a page may have fewer songs than asked for, or none, and still a `nextCursor`: go on
 * until it is null.
 */
import { z } from 'zod';
import { defineEndpoint, list, pageInput } from '#shared/endpoint';
import { problem, text } from '#shared/runtime';
import { listOwnSongs, listPublicSongs, Song } from '#shared/songs';

export const listSongs = defineEndpoint({
  name: 'listSongs',
  method: 'GET',
  summary: "List the caller's songs, or the public ones",
  access: 'public',
  feature: 'library',
  needs: {},
  rate: 'read',
  budget: { reads: 202, writes: 0 }, // half of it without a query
  secrets: ['JWT_SECRET'],
  input: z.strictObject({
    scope: z.enum(['mine', 'public']),
    query: text({ max: 100 }).optional(),
    sort: z.enum(['newest', 'popular']).default('newest'),
    ...pageInput,
  }),
  output: list(Song),
  errors: ['unauthenticated'],
  cache: { sharedS: 20 },
  examples: [
    { title: 'What is new', input: { scope: 'public', limit: 10 } },
    { title: 'By initial consonants', input: { scope: 'public', query: 'ㅅㄹ', sort: 'popular' } },
  ],

  async handler({ scope, ...wanted }, caller, { clock }) {
    if (scope === 'public') return await listPublicSongs(wanted, caller, clock);
    if (caller.kind !== 'user') throw problem('unauthenticated');
    return await listOwnSongs(caller.uid, wanted);
  },
});
