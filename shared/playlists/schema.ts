import { z } from 'zod';
import { idOf } from '#shared/runtime';
import { SongId, Title, Visibility } from '#shared/songs';

export const PlaylistId = idOf('pls');
export const PlaylistTitle = Title;

const MOST_SONGS = 500;
/** Each song that comes in is looked at: may the caller read it? */
export const MOST_ADDED = 100;

/** The songs of a playlist in their order, as a client gives them. */
export const SongIds = z
  .array(SongId)
  .max(MOST_SONGS, `has more than ${MOST_SONGS} songs`)
  .refine((songIds) => new Set(songIds).size === songIds.length, 'has a song twice');

/**
 * A playlist as clients see it, and exactly what `playlists/{playlistId}` holds.
 *
 * An id stays when its song is deleted or made private: whoever asks for that song gets a 404, and passes it by.
 */
export const Playlist = z.strictObject({
  playlistId: z.string(),
  ownerId: z.string(),
  title: z.string(),
  visibility: Visibility,
  songIds: z.array(z.string()),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type Playlist = z.output<typeof Playlist>;
