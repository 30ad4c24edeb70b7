/**
 * Changes a playlist's title, visibility or songs. Only its owner may.
 *
 * `songIds` are all of them in their new order. Up to 100 may be new, and those the caller must be able to read now; what was in it
 * before may stay, whatever has become of it.
 */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { changePlaylist, Playlist, PlaylistId, PlaylistTitle, playlists, SongIds } from '#shared/playlists';
import { songs, Visibility } from '#shared/songs';

export const updatePlaylist = defineEndpoint({
  name: 'updatePlaylist',
  method: 'POST',
  summary: "Change a playlist's title, visibility or songs",
  access: 'user',
  feature: 'library',
  needs: { playlist: playlists.may('update', 'playlistId'), songs: songs.mayOnDemand('read', 'songIds') },
  rate: 'write',
  budget: { reads: 102, writes: 1 },
  secrets: ['JWT_SECRET'],
  input: z
    .strictObject({
      playlistId: PlaylistId,
      title: PlaylistTitle.optional(),
      visibility: Visibility.optional(),
      songIds: SongIds.optional(),
    })
    .refine(({ playlistId: _, ...change }) => Object.keys(change).length > 0, {
      error: 'Give at least one of title, visibility, songIds.',
    }),
  output: z.strictObject({ playlist: Playlist }),
  errors: [],
  cache: 'none',
  examples: [{ title: 'Share it', input: { playlistId: 'pls_0123456789abcdefghjk', visibility: 'unlisted' } }],

  async handler({ playlistId, ...change }, _caller, { found, now }) {
    return { playlist: await changePlaylist(playlistId, change, { findSongs: found.songs, now }) };
  },
});
