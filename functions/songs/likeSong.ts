/**
 * Likes a song, or takes that back. The same again is a success and changes nothing. The answer counts the like at once; of a song
 * that many like, the number that others read follows within minutes.
 */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { likeSong as like, Song, SongId, songs } from '#shared/songs';

export const likeSong = defineEndpoint({
  name: 'likeSong',
  method: 'POST',
  summary: 'Like a song, or take that back',
  access: 'user',
  feature: 'library',
  needs: { song: songs.may('like', 'songId') },
  rate: 'write',
  budget: { reads: 9, writes: 9 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ songId: SongId, liked: z.boolean() }),
  output: z.strictObject({ song: Song }),
  errors: ['session_ended'],
  cache: 'none',
  examples: [{ title: 'I like it', input: { songId: 'sng_0123456789abcdefghjk', liked: true } }],

  async handler({ liked }, { uid }, { found, now }) {
    return { song: await like(found.song, { uid, liked, now }) };
  },
});
