import { problem, toDocument, transact } from '#shared/runtime';
import type { Song, Visibility } from './schema.ts';
import { forgetSong, replaceSong } from './sharedSongs.ts';
import { writeSongSearch } from './songSearch.ts';
import { toSong } from './store.ts';

export interface SongChange {
  title?: string | undefined;
  lyrics?: string | undefined;
  visibility?: Visibility | undefined;
}

/**
 * Changes the given fields and no others: of two changes at once to different fields, both last.
 *
 * @throws `song_not_ready` while it is being made, and for publishing one that is not ready; `not_found` when it has gone
 */
export async function changeSong({ songId }: Song, change: SongChange, now: Date): Promise<Song> {
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const changed = await transact(async (transaction, db) => {
    const ref = db.doc(`songs/${songId}`);
    const song = toSong(await transaction.get(ref));
    if (!song) throw problem('not_found');
    const publishes = change.visibility !== undefined && change.visibility !== 'private';
    if (song.state === 'making' || (publishes && song.state !== 'ready')) throw problem('song_not_ready');
    const update = { ...given, updatedAt: now.toISOString() };
    transaction.update(ref, toDocument(update));
    const next = { ...song, ...update };
    if (next.title !== song.title || next.visibility !== song.visibility) writeSongSearch(transaction, db, next);
    return next;
  });
  if (change.visibility === undefined) replaceSong(changed);
  else forgetSong(songId);
  return changed;
}
