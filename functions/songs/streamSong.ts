/**
 * The sound of a song: a redirect to the bucket, or the bytes themselves. Public songs need no ticket; for others `getPlayback` gives one.
 *
 * A ticket is one listen, and counts as one play at its first byte. Without a ticket a caller's plays of a song count once in half an
 * hour. A download is no play.
 */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { showObject } from '#shared/files';
import { problem } from '#shared/runtime';
import { countPlay, playedSongs, SongId } from '#shared/songs';

export const streamSong = defineEndpoint({
  name: 'streamSong',
  method: 'GET',
  summary: 'Play or download a song',
  access: 'public',
  feature: 'streaming',
  needs: { played: playedSongs.may('play', 'songId') },
  ticket: 'audio',
  rate: 'stream',
  budget: { reads: 9, writes: 9 }, // all but two reads beside the sound itself count the play
  resources: { timeoutS: 300 }, // the bytes themselves may take as long as a slow line needs
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ songId: SongId, ticket: z.string().max(4096).optional(), download: z.boolean().default(false) }),
  output: 'bytes',
  errors: ['song_not_ready', 'range_not_satisfiable'],
  cache: 'none',
  examples: [{ title: 'A public song', input: { songId: 'sng_0123456789abcdefghjk' } }],

  async handler({ download }, caller, { found, ticket, now, clock, signal, address }) {
    const { song, media } = found.played;
    const audio = ticket ?? media?.audio;
    if (!audio) throw problem('song_not_ready');
    const { songId, title, createdAt } = song;
    const shown = { now, clock, signal, createdAt };
    if (download) return await showObject(audio, { ...shown, downloadName: `${title}.mp3` });
    const listener = caller.kind === 'user' ? caller.uid : address.ip;
    const onFirstByte = () => countPlay({ songId, ticketId: ticket?.ticketId, listener }, { now, clock });
    return { ...(await showObject(audio, shown)), onFirstByte };
  },
});
