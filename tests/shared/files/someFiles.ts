/** Files as functions leave them behind: bytes in a store, and the record beside them. */
import { writeFile as writeBytes } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type MediaStore, mediaStore, mediaStores } from '#shared/media';
import { type Clock, database, systemWorld } from '#shared/runtime';
import { REPLICATION_BOUNDS, type ReplicationCount, replicateFiles } from '../../../shared/files/replicate.ts';
import { FILES, type FileObject, type FileRecord, fileIdOf } from '../../../shared/files/schema.ts';
import { discardFile, readFile, writeFile } from '../../../shared/files/store.ts';
import { verifyCopy } from '../../../shared/files/verifyCopy.ts';

const BYTES = 200_000;

/** Nobody waits: a claim is over at once, and so is a pause. */
const AT_ONCE = { ...REPLICATION_BOUNDS, leaseMs: 0, backoffMs: { first: 1, factor: 1, most: 1 } };

export function bytesOf(songId: string): Buffer {
  return Buffer.alloc(BYTES, songId);
}

/** What the worker does with a sound, in a store or in whichever takes it. */
export async function storeFile(songId: string, store: MediaStore = mediaStore()): Promise<void> {
  const object = await storeBytes(songId, store);
  const db = await database();
  const batch = db.batch();
  writeFile(batch, db, { kind: 'audio', ownerId: 'mina', belongsTo: songId, objects: [object], now: new Date() });
  await batch.commit();
}

export async function storeBytes(songId: string, store: MediaStore) {
  const stagingName = `staging/${systemWorld.newId('clm')}`;
  const pieces = Readable.from([0, 1, 2, 3].map((index) => bytesOf(songId).subarray((index * BYTES) / 4, ((index + 1) * BYTES) / 4)));
  const staged = await store.stage(pieces, { stagingName, contentType: 'audio/mpeg', maxBytes: BYTES });
  return store.publish(staged, `songs/${songId}/${staged.sha256}.mp3`);
}

/** The copy in the directory has other bytes from now on. */
export async function spoil(songId: string, directory: string): Promise<void> {
  const [object] = (await recordOf(songId))!.objects;
  await writeBytes(join(directory, object!.name), Buffer.alloc(BYTES, 'x'));
}

/** As when its song is deleted. */
export async function discard(songId: string): Promise<void> {
  const db = await database();
  const { objects } = (await recordOf(songId))!;
  const batch = db.batch();
  const stored = objects.map(({ storeIds, ...object }) => ({ ...object, storeId: storeIds[0]! }));
  discardFile(batch, db, { kind: 'audio', ownerId: 'mina', belongsTo: songId, objects: stored, now: new Date() });
  await batch.commit();
}

export async function recordOf(songId: string): Promise<FileRecord | undefined> {
  const db = await database();
  return readFile((await db.collection(FILES).doc(fileIdOf('audio', songId)).get()).data());
}

export function replicate(bounds: Partial<typeof REPLICATION_BOUNDS> = {}, clock: Clock = systemWorld.clock): Promise<ReplicationCount> {
  return replicateFiles({ world: { ...systemWorld, clock }, signal: new AbortController().signal, bounds: { ...AT_ONCE, ...bounds } });
}

/** How the copies are, in the order of the stores. */
export function copiesOf(object: FileObject): Promise<string[]> {
  return Promise.all(mediaStores().map((store) => verifyCopy(store, object)));
}

/** Everything that a store holds. */
export async function namesIn(store: MediaStore, prefix = ''): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of store.list(prefix)) names.push(name);
  return names;
}
