import type { FindAll } from '#shared/access';
import type { Claim } from '#shared/limits';
import { type NewId, problem, toDocument, transact } from '#shared/runtime';
import { requireReadable } from './requireReadable.ts';
import type { Playlist } from './schema.ts';
import { playlistRef, toPlaylist } from './store.ts';

interface Wanted extends Pick<Playlist, 'title' | 'visibility' | 'songIds'> {
  uid: string;
  findSongs: FindAll<unknown>;
  claim: Claim;
  now: Date;
  newId: NewId;
}

/** @throws `not_found` for a song that the caller may not read, `idempotency_key_reused`, `session_ended` when the account has gone */
export function createPlaylist({ uid, title, visibility, songIds, findSongs, claim, now, newId }: Wanted): Promise<Playlist> {
  const playlistId = newId('pls'); // outside: a transaction may run several times
  const at = now.toISOString();
  const playlist: Playlist = { playlistId, ownerId: uid, title, visibility, songIds, createdAt: at, updatedAt: at };
  return transact(async (transaction, db) => {
    const ref = playlistRef(db, playlistId);
    const claimRef = claim.ref(db);
    const [own, user, recorded] = await transaction.getAll(ref, db.doc(`users/${uid}`), ...(claimRef ? [claimRef] : []));
    if (own!.exists) return playlist; // the answer to the first commit was lost
    const first = claim.check(recorded)?.['playlistId'];
    if (first !== undefined) {
      const made = toPlaylist(await transaction.get(playlistRef(db, first)));
      if (made?.ownerId !== uid) throw problem('not_found');
      return made;
    }
    if (!user!.exists) throw problem('session_ended');
    await requireReadable(songIds, findSongs);
    transaction.create(ref, toDocument(playlist));
    claim.write(transaction, db, { playlistId }, now);
    return playlist;
  });
}
