import type { Firestore, Transaction } from '@google-cloud/firestore';
import { problem, transact } from '#shared/runtime';
import { addCounts, rollUp } from './counters.ts';
import type { Song } from './schema.ts';

export const LIKES = 'likes';

/**
 * Likes a song, or takes that back. The like and its count are one; the same again changes nothing.
 *
 * @param song - as the caller may see it
 * @returns the song with its likes as they are now
 * @throws `session_ended` when the account has gone; `not_found` when the song has
 */
export async function likeSong(song: Song, { uid, liked, now }: { uid: string; liked: boolean; now: Date }): Promise<Song> {
  const { songId } = song;
  await transact(async (transaction, db) => {
    const ref = db.collection(LIKES).doc(`${uid}_${songId}`);
    // Neither the song nor its counters are read here: of many who like it at once, none waits for another.
    const [like, user] = await transaction.getAll(ref, db.doc(`users/${uid}`));
    if (!user!.exists) throw problem('session_ended');
    if (like!.exists === liked) return;
    if (liked) transaction.create(ref, { uid, songId, createdAt: now });
    else transaction.delete(ref);
    await addCounts(transaction, db, { songId, by: uid }, { likes: liked ? 1 : -1 });
  });
  const counted = await rollUp(songId, now);
  if (!counted) throw problem('not_found'); // what was just written goes with the counters
  return { ...song, likes: counted.likes, plays: counted.plays };
}

/** Takes likes of a person back, whose account goes. @returns how many: 0 when none is left */
export async function eraseLikes(transaction: Transaction, db: Firestore, { uid, limit }: { uid: string; limit: number }): Promise<number> {
  const { docs } = await transaction.get(db.collection(LIKES).where('uid', '==', uid).limit(limit));
  for (const like of docs) {
    transaction.delete(like.ref);
    await addCounts(transaction, db, { songId: String(like.get('songId')), by: uid }, { likes: -1 });
  }
  return docs.length;
}
