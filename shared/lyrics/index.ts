export { WriteLyricsInput, WrittenLyrics } from './schema.ts';
export { lyricsProvider, writeLyrics } from './writeLyrics.ts';
