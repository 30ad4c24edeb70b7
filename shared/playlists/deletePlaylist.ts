import { transact } from '#shared/runtime';
import { deletedRef, playlistRef } from './store.ts';

const REMEMBERED_MS = 30 * 24 * 60 * 60_000;

/** The songs in it stay. What is deleted again has no effect. */
export function deletePlaylist(playlistId: string, { ownerId, now }: { ownerId: string; now: Date }): Promise<void> {
  return transact(async (transaction, db) => {
    const playlist = await transaction.get(playlistRef(db, playlistId));
    if (!playlist.exists) return;
    transaction.delete(playlist.ref);
    transaction.set(deletedRef(db, playlistId), { ownerId, expireAt: new Date(now.getTime() + REMEMBERED_MS) });
  });
}
