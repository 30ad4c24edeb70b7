/** Deletes a song. One in the making is discarded; the last of a request stops the request. Its bytes go within minutes. Deleting it again is a success. */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { deleteSong as removeSong } from '#shared/generation';
import { SongId, songsEverMade } from '#shared/songs';

export const deleteSong = defineEndpoint({
  name: 'deleteSong',
  method: 'POST',
  summary: 'Delete a song',
  access: 'user',
  feature: 'files',
  needs: { song: songsEverMade.may('delete', 'songId') },
  rate: 'write',
  budget: { reads: 4, writes: 11 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ songId: SongId }),
  output: z.strictObject({ deleted: z.literal(true) }),
  errors: [],
  cache: 'none',
  examples: [{ title: 'Not this one', input: { songId: 'sng_0123456789abcdefghjk' } }],

  async handler(_input, _caller, { found, now }) {
    await removeSong(found.song, now);
    return { deleted: true as const };
  },
});
