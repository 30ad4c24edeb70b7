import { z } from 'zod';
import { text } from '#shared/runtime';

/** What the lyrics are to be about, in as many characters as a song may be described with. */
export const WriteLyricsInput = z.strictObject({ prompt: text({ max: 200 }) });

/** Fit to be given to `createSong` as they are. */
export const WrittenLyrics = z.strictObject({ title: z.string(), lyrics: z.string() });
export type WrittenLyrics = z.output<typeof WrittenLyrics>;
