export { changeSong } from './changeSong.ts';
export { AudioUnreadable, createFrameCounter, type FrameCounter, type PlayingTime } from './frameCounter.ts';
export { listOwnSongs, listPublicSongs } from './listSongs.ts';
export { createPlayback } from './playback.ts';
export { removeCover } from './removeCover.ts';
export { Lyrics, Song, SongId, SongMedia, SongState, Title, Visibility } from './schema.ts';
export { findSongEverMade, forgetSong, readSongMedia, songs, songsEverMade, toSong } from './store.ts';
