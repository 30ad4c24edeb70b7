/** Makes a playlist of songs that the caller may read: own ones, and others' that are public or unlisted. More than 100 come in by `updatePlaylist`. */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { createPlaylist as create, Playlist, PlaylistTitle, SongIds } from '#shared/playlists';
import { songs, Visibility } from '#shared/songs';

export const createPlaylist = defineEndpoint({
  name: 'createPlaylist',
  method: 'POST',
  summary: 'Make a playlist',
  access: 'user',
  feature: 'library',
  needs: { songs: songs.mayOnDemand('read', 'songIds') },
  rate: 'write',
  idempotency: 'replay',
  budget: { reads: 103, writes: 2 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ title: PlaylistTitle, visibility: Visibility.default('private'), songIds: SongIds.default([]) }),
  output: z.strictObject({ playlist: Playlist }),
  status: 201,
  errors: ['idempotency_key_reused', 'not_found', 'session_ended'],
  cache: 'none',
  examples: [{ title: 'An empty one', input: { title: 'For the night train' } }],

  async handler(input, { uid }, { found, claim, now, newId }) {
    return { playlist: await create({ ...input, uid, findSongs: found.songs, claim, now, newId }) };
  },
});
