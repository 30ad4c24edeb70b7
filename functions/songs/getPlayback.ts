/** Addresses for a player: a URL that `<audio src>` can use as it is, and one for the cover. */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { createPlayback, playableSongs, SongId } from '#shared/songs';

export const getPlayback = defineEndpoint({
  name: 'getPlayback',
  method: 'GET',
  summary: 'Get addresses that play a song and show its cover',
  access: 'public',
  feature: 'streaming',
  needs: { played: playableSongs.may('play', 'songId') },
  rate: 'read',
  budget: { reads: 2, writes: 0 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ songId: SongId }),
  output: z.strictObject({ url: z.url(), coverUrl: z.url().nullable(), expiresAt: z.iso.datetime() }),
  errors: ['song_not_ready'],
  cache: 'none',
  examples: [{ title: 'Before playing', input: { songId: 'sng_0123456789abcdefghjk' } }],

  handler(_input, caller, { found, now, newId }) {
    return Promise.resolve(createPlayback(found.played, caller, { now, newId }));
  },
});
