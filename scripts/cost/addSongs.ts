/** Songs as the worker leaves them: documents, records of their files, and objects in the store. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { writeFile } from '#shared/files';
import { coverObjectName, type MediaStore, mediaStores, type StoredObject, songObjectName } from '#shared/media';
import { database, inParallel, newId, toDocument } from '#shared/runtime';
import { type Song, writeSongSearch } from '#shared/songs';

const AT_ONCE = 8;
const BYTES = Buffer.from('a sound, for whoever does not listen');

export async function addSongs(count: number): Promise<void> {
  const [store] = mediaStores();
  if (!store) throw new Error('MEDIA_STORES names no store');
  await inParallel(
    Array.from({ length: count }, () => newId('sng')),
    AT_ONCE,
    (songId) => addSong(store, songId),
  );
}

async function addSong(store: MediaStore, songId: string): Promise<void> {
  const now = new Date();
  const audio = await put(store, songId, songObjectName(songId, sha256()), 'audio/mpeg');
  const cover = await put(store, songId, coverObjectName(songId, sha256()), 'image/jpeg');
  const at = now.toISOString();
  const song: Song = {
    ...{ songId, generationId: null, ownerId: 'cost', ownerName: 'Mina', title: 'Paper boats', style: 'folk', lyrics: null },
    ...{ instrumental: false, visibility: 'private', state: 'ready', durationMs: 2000 },
    ...{ audio: { contentType: 'audio/mpeg', bytes: audio.bytes }, hasCover: true, likes: 0, plays: 0, createdAt: at, updatedAt: at },
  };
  const db = await database();
  const batch = db.batch().create(db.doc(`songs/${songId}`), toDocument(song));
  batch.create(db.doc(`songMedia/${songId}`), { ownerId: song.ownerId, audio, cover });
  writeSongSearch(batch, db, song);
  const own = { ownerId: song.ownerId, belongsTo: songId, now };
  writeFile(batch, db, { ...own, kind: 'audio', objects: [audio] });
  writeFile(batch, db, { ...own, kind: 'cover', objects: [cover] });
  await batch.commit();
}

async function put(store: MediaStore, songId: string, name: string, contentType: string): Promise<StoredObject> {
  const options = { stagingName: `staging/${songId}/${contentType.slice(0, 5)}-1`, contentType, maxBytes: BYTES.length };
  return await store.publish(await store.stage(Readable.from([BYTES]), options), name);
}

function sha256(): string {
  return createHash('sha256').update(BYTES).digest('hex');
}
