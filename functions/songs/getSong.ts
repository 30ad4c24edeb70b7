/** One song. What is private, hidden, or not there at all gives strangers the same 404. */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { Song, SongId, shownSongs } from '#shared/songs';

export const getSong = defineEndpoint({
  name: 'getSong',
  method: 'GET',
  summary: 'Read a song',
  access: 'public',
  feature: 'library',
  needs: { song: shownSongs.may('read', 'songId') },
  rate: 'read',
  budget: { reads: 1, writes: 0 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ songId: SongId }),
  output: z.strictObject({ song: Song }),
  errors: [],
  cache: { sharedS: 20 },
  examples: [{ title: 'A song', input: { songId: 'sng_0123456789abcdefghjk' } }],

  handler(_input, _caller, { found }) {
    return Promise.resolve({ song: found.song });
  },
});
