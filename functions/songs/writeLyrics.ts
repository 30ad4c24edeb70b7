/**
 * Has lyrics written about something. They come at once, and are stored nowhere: give them to `createSong`, changed or as they are.
 *
 * Has an allowance of its own, 20 a day; what the provider surely has not written comes back.
 */
import { defineEndpoint } from '#shared/endpoint';
import { lyricsProvider, WriteLyricsInput, WrittenLyrics, writeLyrics as write } from '#shared/lyrics';

export const writeLyrics = defineEndpoint({
  name: 'writeLyrics',
  method: 'POST',
  summary: 'Have lyrics written',
  access: 'user',
  feature: 'lyrics',
  needs: {},
  rate: 'generate',
  budget: { reads: 6, writes: 4 }, // the most when it is on trial, and fails
  secrets: ['JWT_SECRET', 'TOPMEDIAI_API_KEY'],
  input: WriteLyricsInput,
  output: WrittenLyrics,
  errors: ['daily_lyrics_reached'],
  cache: 'none',
  examples: [{ title: 'Lyrics about boats', input: { prompt: 'two friends who fold paper boats by the river' } }],

  async handler({ prompt }, { uid }, { clock, newId }) {
    return await write({ uid, prompt, clock, newId, provider: lyricsProvider() });
  },
});
