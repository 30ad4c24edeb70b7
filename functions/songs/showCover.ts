/** The cover of a song. Who may play the song may see it. */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { showObject } from '#shared/files';
import { problem } from '#shared/runtime';
import { playedSongs, SongId } from '#shared/songs';

export const showCover = defineEndpoint({
  name: 'showCover',
  method: 'GET',
  summary: 'Show the cover of a song',
  access: 'public',
  feature: 'streaming',
  needs: { played: playedSongs.may('play', 'songId') },
  ticket: 'cover',
  rate: 'stream',
  budget: { reads: 2, writes: 0 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ songId: SongId, ticket: z.string().max(4096).optional() }),
  output: 'bytes',
  errors: ['range_not_satisfiable'],
  cache: 'none',
  examples: [{ title: 'The cover of a public song', input: { songId: 'sng_0123456789abcdefghjk' } }],

  handler(_input, _caller, { found, ticket, now, clock, signal }) {
    const cover = ticket ?? found.played.media?.cover;
    if (!cover) throw problem('not_found');
    return showObject(cover, { now, clock, signal, createdAt: found.played.song.createdAt });
  },
});
