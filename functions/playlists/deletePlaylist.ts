/** Deletes a playlist; the songs in it stay. Deleting it again within 30 days is a success. */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { PlaylistId, playlistsEverMade, deletePlaylist as remove } from '#shared/playlists';

export const deletePlaylist = defineEndpoint({
  name: 'deletePlaylist',
  method: 'POST',
  summary: 'Delete a playlist',
  access: 'user',
  feature: 'library',
  needs: { playlist: playlistsEverMade.may('delete', 'playlistId') },
  rate: 'write',
  budget: { reads: 3, writes: 2 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ playlistId: PlaylistId }),
  output: z.strictObject({ deleted: z.literal(true) }),
  errors: [],
  cache: 'none',
  examples: [{ title: 'Not this one', input: { playlistId: 'pls_0123456789abcdefghjk' } }],

  async handler({ playlistId }, _caller, { found, now }) {
    await remove(playlistId, { ownerId: found.playlist.ownerId, now });
    return { deleted: true as const };
  },
});
