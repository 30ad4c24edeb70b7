import { discardFile } from '#shared/files';
import { transact } from '#shared/runtime';
import { forgetSong } from './sharedSongs.ts';
import { toSongMedia } from './store.ts';

/** The song goes on without its cover, whose bytes go as soon as storage lets them. @returns false when it had none */
export async function removeCover(songId: string, now: Date): Promise<boolean> {
  const isRemoved = await transact(async (transaction, db) => {
    const [song, media] = await transaction.getAll(db.doc(`songs/${songId}`), db.doc(`songMedia/${songId}`));
    const { ownerId, cover } = (media && toSongMedia(media)) ?? { cover: null };
    if (!song || !media || !ownerId || !cover) return false;
    if (song.exists) transaction.update(song.ref, { hasCover: false, updatedAt: now });
    transaction.update(media.ref, { cover: null });
    discardFile(transaction, db, { kind: 'cover', ownerId, belongsTo: songId, objects: [cover], now });
    return true;
  });
  forgetSong(songId);
  return isRemoved;
}
