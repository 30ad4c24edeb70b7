/** `songSearch/{songId}`: what a song is found by, written in every transaction that changes one of the fields it is made of. */
import type { Firestore, Transaction, WriteBatch } from '@google-cloud/firestore';
import { toDocument } from '#shared/runtime';
import type { Song } from './schema.ts';
import { tokensOf } from './searchWords.ts';

export const SONG_SEARCH = 'songSearch';

/** What of a song is in it: whoever changes one of these writes it anew. */
export type SearchedSong = Pick<
  Song,
  'songId' | 'ownerId' | 'ownerName' | 'title' | 'style' | 'visibility' | 'state' | 'likes' | 'createdAt'
>;

/** Makes the song found by what it is called now. To be written together with the song itself. */
export function writeSongSearch(writer: Transaction | WriteBatch, db: Firestore, song: SearchedSong): void {
  const { songId, ownerId, likes, createdAt } = song;
  const search = toDocument({ ownerId, isListed: isListed(song), tokens: tokensOf(song), likes, createdAt });
  (writer as WriteBatch).set(db.collection(SONG_SEARCH).doc(songId), search);
}

/** Whether everybody finds it: public, and ready. */
export function isListed({ visibility, state }: Pick<Song, 'visibility' | 'state'>): boolean {
  return visibility === 'public' && state === 'ready';
}
