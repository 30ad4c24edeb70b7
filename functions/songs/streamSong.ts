/** The sound of a song: a redirect to the bucket, or the bytes themselves. Public songs need no ticket; for others `getPlayback` gives one. */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { showObject } from '#shared/files';
import { problem } from '#shared/runtime';
import { readSongMedia, SongId, songs } from '#shared/songs';

export const streamSong = defineEndpoint({
  name: 'streamSong',
  method: 'GET',
  summary: 'Play or download a song',
  access: 'public',
  feature: 'streaming',
  needs: { song: songs.may('play', 'songId') },
  ticket: 'audio',
  rate: 'stream',
  budget: { reads: 2, writes: 0 },
  resources: { timeoutS: 300 }, // the bytes themselves may take as long as a slow line needs
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ songId: SongId, ticket: z.string().max(4096).optional(), download: z.boolean().default(false) }),
  output: 'bytes',
  errors: ['song_not_ready', 'range_not_satisfiable'],
  cache: 'none',
  examples: [{ title: 'A public song', input: { songId: 'sng_0123456789abcdefghjk' } }],

  async handler({ download }, _caller, { found, ticket, now, clock, signal }) {
    const audio = ticket ?? (await readSongMedia(found.song.songId))?.audio;
    if (!audio) throw problem('song_not_ready');
    const { title, createdAt } = found.song;
    return showObject(audio, { now, clock, signal, createdAt, ...(download ? { downloadName: `${title}.mp3` } : {}) });
  },
});
