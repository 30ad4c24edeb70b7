import type { DocumentSnapshot, Firestore } from '@google-cloud/firestore';
import { z } from 'zod';
import { needsOf } from '#shared/access';
import { database, fromDocument, listNewest } from '#shared/runtime';
import { Playlist, PlaylistId } from './schema.ts';

const PLAYLISTS = 'playlists';

export const playlists = needsOf('playlist', {
  find: findPlaylist,
  subject: ({ ownerId, visibility }: Playlist) => ({ ownerId, isShared: visibility !== 'private' }),
});

/** For deleting: also one that has gone lately. */
export const playlistsEverMade = needsOf('playlist', {
  find: findOwner,
  subject: ({ ownerId }: { ownerId: string }) => ({ ownerId, isShared: false }),
});

export function playlistRef(db: Firestore, playlistId: string) {
  return db.collection(PLAYLISTS).doc(playlistId);
}

/** Whose a playlist was, for a while after it has gone: so that deleting it again is a success for him and for nobody else. */
export function deletedRef(db: Firestore, playlistId: string) {
  return db.collection('deletedPlaylists').doc(playlistId);
}

export function toPlaylist(snapshot: DocumentSnapshot): Playlist | undefined {
  const data = snapshot.data();
  return data && Playlist.parse(fromDocument(data));
}

async function findPlaylist(playlistId: string): Promise<Playlist | undefined> {
  const db = await database();
  return toPlaylist(await playlistRef(db, playlistId).get());
}

const Owned = z.looseObject({ ownerId: z.string() });

async function findOwner(playlistId: string): Promise<{ ownerId: string } | undefined> {
  const db = await database();
  const [playlist, deleted] = await db.getAll(playlistRef(db, playlistId), deletedRef(db, playlistId));
  return Owned.safeParse(playlist!.data() ?? deleted!.data()).data;
}

/** A page of a person's playlists, the newest first. */
export function listPlaylists(ownerId: string, page: { limit: number; cursor?: string | undefined }) {
  return listNewest({ collection: PLAYLISTS, where: { ownerId }, id: PlaylistId, read: (document) => Playlist.parse(document) }, page);
}
