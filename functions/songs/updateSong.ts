/**
 * Changes a song's title, lyrics or visibility. Only its owner may.
 *
 * Publishing needs a song that is ready; the other changes work in every state but `making`. The owner reads the change at
 * once, others within 5 minutes (G14).
 */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { changeSong, Lyrics, Song, SongId, songs, Title, Visibility } from '#shared/songs';

export const updateSong = defineEndpoint({
  name: 'updateSong',
  method: 'POST',
  summary: "Change a song's title, lyrics or visibility",
  access: 'user',
  feature: 'library',
  needs: { song: songs.may('update', 'songId') },
  rate: 'write',
  budget: { reads: 2, writes: 2 },
  secrets: ['JWT_SECRET'],
  input: z
    .strictObject({ songId: SongId, title: Title.optional(), lyrics: Lyrics.optional(), visibility: Visibility.optional() })
    .refine(({ songId: _, ...change }) => Object.keys(change).length > 0, { error: 'Give at least one of title, lyrics, visibility.' }),
  output: z.strictObject({ song: Song }),
  errors: ['song_not_ready'],
  cache: 'none',
  examples: [{ title: 'Publish a song', input: { songId: 'sng_0123456789abcdefghjk', visibility: 'public' } }],

  async handler({ songId: _, ...change }, _caller, { found, now }) {
    return { song: await changeSong(found.song, change, now) };
  },
});
