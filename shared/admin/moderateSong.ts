import { type Operation, writeAudit } from '#shared/operations';
import { problem, toDocument, transact } from '#shared/runtime';
import { forgetSong, type Song, toSong, writeSongSearch } from '#shared/songs';

export interface Moderation {
  hidden: boolean;
  /** For other operators: it stands in the audit alone. */
  reason: string;
}

/**
 * Hides a song from everybody but its owner, or shows it again. Others may hear it 30 s longer by an address they have, and where a
 * browser was sent to the bucket, as long as that address lives.
 *
 * @throws `song_not_ready` for what was never shown; `not_found` when it has gone
 */
export async function moderateSong({ songId }: Song, { hidden, reason }: Moderation, operation: Operation): Promise<Song> {
  const state = hidden ? 'hidden' : 'ready';
  const moderated = await transact(async (transaction, db) => {
    const ref = db.doc(`songs/${songId}`);
    const song = toSong(await transaction.get(ref));
    if (!song) throw problem('not_found');
    if (song.state !== 'ready' && song.state !== 'hidden') throw problem('song_not_ready');
    const update = { state, updatedAt: operation.now.toISOString() } as const;
    transaction.update(ref, toDocument(update));
    writeSongSearch(transaction, db, { ...song, ...update });
    writeAudit(transaction, db, operation, { target: songId, before: { state: song.state }, after: { state, reason } });
    return { ...song, ...update };
  });
  forgetSong(songId);
  return moderated;
}
