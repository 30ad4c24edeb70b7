export { changePlaylist } from './changePlaylist.ts';
export { createPlaylist } from './createPlaylist.ts';
export { deletePlaylist } from './deletePlaylist.ts';
export { Playlist, PlaylistId, PlaylistTitle, SongIds } from './schema.ts';
export { listPlaylists, playlists, playlistsEverMade } from './store.ts';
