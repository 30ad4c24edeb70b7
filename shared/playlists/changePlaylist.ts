import type { FindAll } from '#shared/access';
import { problem, toDocument, transact } from '#shared/runtime';
import type { Visibility } from '#shared/songs';
import { requireReadable } from './requireReadable.ts';
import type { Playlist } from './schema.ts';
import { playlistRef, toPlaylist } from './store.ts';

export interface PlaylistChange {
  title?: string | undefined;
  visibility?: Visibility | undefined;
  /** All of them, in their new order. */
  songIds?: string[] | undefined;
}

/**
 * Changes the given fields and no others. Only songs that were not in it before are looked at.
 *
 * @throws `not_found` when it has gone, or for a new song that the caller may not read
 */
export function changePlaylist(
  playlistId: string,
  change: PlaylistChange,
  { findSongs, now }: { findSongs: FindAll<unknown>; now: Date },
): Promise<Playlist> {
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  return transact(async (transaction, db) => {
    const ref = playlistRef(db, playlistId);
    const playlist = toPlaylist(await transaction.get(ref));
    if (!playlist) throw problem('not_found');
    const known = new Set(playlist.songIds);
    const added = (change.songIds ?? []).filter((songId) => !known.has(songId));
    await requireReadable(added, findSongs);
    const update = { ...given, updatedAt: now.toISOString() };
    transaction.update(ref, toDocument(update));
    return { ...playlist, ...update };
  });
}
