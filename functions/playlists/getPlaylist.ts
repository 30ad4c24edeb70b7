/**
 * One playlist. What is private, or not there at all, gives strangers the same 404.
 *
 * It may name songs that have been deleted, hidden or made private since: `getSong` answers 404 for them, and an app passes them by.
 */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { Playlist, PlaylistId, playlists } from '#shared/playlists';

export const getPlaylist = defineEndpoint({
  name: 'getPlaylist',
  method: 'GET',
  summary: 'Read a playlist',
  access: 'public',
  feature: 'library',
  needs: { playlist: playlists.may('read', 'playlistId') },
  rate: 'read',
  budget: { reads: 1, writes: 0 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ playlistId: PlaylistId }),
  output: z.strictObject({ playlist: Playlist }),
  errors: [],
  cache: { sharedS: 20 },
  examples: [{ title: 'A playlist', input: { playlistId: 'pls_0123456789abcdefghjk' } }],

  handler(_input, _caller, { found }) {
    return Promise.resolve({ playlist: found.playlist });
  },
});
