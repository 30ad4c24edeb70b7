/** Hides a song from everybody but its owner, or shows it again. The reason stands in the audit. */
import { z } from 'zod';
import { moderateSong as moderate } from '#shared/admin';
import { defineEndpoint } from '#shared/endpoint';
import { text } from '#shared/runtime';
import { Song, SongId, songs } from '#shared/songs';

export const moderateSong = defineEndpoint({
  name: 'moderateSong',
  method: 'POST',
  summary: 'Hide a song, or show it again',
  access: 'admin',
  feature: 'admin',
  needs: { song: songs.may('moderate', 'songId') },
  rate: 'write',
  budget: { reads: 2, writes: 3 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ songId: SongId, hidden: z.boolean(), reason: text({ max: 200 }) }),
  output: z.strictObject({ song: Song }),
  errors: ['song_not_ready'],
  cache: 'none',
  examples: [{ title: 'Hide a song', input: { songId: 'sng_0123456789abcdefghjk', hidden: true, reason: 'The words insult somebody.' } }],

  async handler({ hidden, reason }, { uid }, { found, requestId, now, newId }) {
    const operation = { actorId: uid, action: 'moderateSong', requestId, now, newId };
    return { song: await moderate(found.song, { hidden, reason }, operation) };
  },
});
