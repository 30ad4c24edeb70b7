/** The caller's playlists by pages, the newest first. */
import { z } from 'zod';
import { defineEndpoint, list, pageInput } from '#shared/endpoint';
import { listPlaylists as listOwn, Playlist } from '#shared/playlists';

export const listPlaylists = defineEndpoint({
  name: 'listPlaylists',
  method: 'GET',
  summary: "List the caller's playlists",
  access: 'user',
  feature: 'library',
  needs: {},
  rate: 'read',
  budget: { reads: 101, writes: 0 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject(pageInput),
  output: list(Playlist),
  errors: [],
  cache: 'none',
  examples: [{ title: 'The newest', input: { limit: 10 } }],

  async handler(page, { uid }) {
    return await listOwn(uid, page);
  },
});
