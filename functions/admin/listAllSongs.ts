/** Songs of everybody, in every state, the newest first. */
import { z } from 'zod';
import { listAllSongs as listPage, UserId } from '#shared/admin';
import { defineEndpoint, list, pageInput } from '#shared/endpoint';
import { Song, SongState, Visibility } from '#shared/songs';

export const listAllSongs = defineEndpoint({
  name: 'listAllSongs',
  method: 'GET',
  summary: "List everybody's songs",
  access: 'admin',
  feature: 'admin',
  needs: {},
  rate: 'read',
  budget: { reads: 101, writes: 0 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({
    state: SongState.optional(),
    visibility: Visibility.optional(),
    ownerId: UserId.optional(),
    ...pageInput,
  }),
  output: list(Song),
  errors: [],
  cache: 'none',
  examples: [{ title: 'What is hidden', input: { state: 'hidden' } }],

  async handler({ state, visibility, ownerId, ...page }) {
    return await listPage({ state, visibility, ownerId }, page);
  },
});
