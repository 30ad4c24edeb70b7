/** Records by themselves, for whoever looks after all of them. */
import type { DocumentSnapshot } from '@google-cloud/firestore';
import { database, fromDocument, toDocument, transact } from '#shared/runtime';
import { type FileObject, FileRecord } from './schema.ts';
import { fileRef, isIncomplete, readFile } from './store.ts';

/** A record that somebody has spoiled by hand says nothing; whoever meets it leaves its objects alone. */
export type LookedUp = FileRecord | 'unreadable' | undefined;

export function toFileRecord(snapshot: DocumentSnapshot): LookedUp {
  const data = snapshot.data();
  return data && (FileRecord.safeParse(fromDocument(data)).data ?? 'unreadable');
}

/** Each in the order of its id. Reads as many documents as are asked for. */
export async function readFileRecords(fileIds: string[]): Promise<LookedUp[]> {
  if (fileIds.length === 0) return [];
  const db = await database();
  return (await db.getAll(...fileIds.map((fileId) => fileRef(db, fileId)))).map(toFileRecord);
}

/** Whether the file was deleted, or the copies of one of its objects are others, since `object` was read: a look at them then proves nothing. */
export async function hasChanged(fileId: string, { name, storeIds }: FileObject): Promise<boolean> {
  const [record] = await readFileRecords([fileId]);
  if (record === undefined || record === 'unreadable' || record.state !== 'kept') return true;
  return record.objects.find((object) => object.name === name)?.storeIds.join() !== storeIds.join();
}

/** Has `replicateMedia` look at a file at once that some store lacks. @returns false when there is nothing to copy any more */
export function makeDue(fileId: string, now: Date): Promise<boolean> {
  return transact(async (transaction, db) => {
    const record = readFile((await transaction.get(fileRef(db, fileId))).data());
    if (record?.state !== 'kept' || !isIncomplete(record)) return false;
    transaction.update(fileRef(db, fileId), toDocument({ dueAt: now.toISOString() }));
    return true;
  });
}

/** For a file whose song or picture knows nothing of it: nobody sees it from now on, and its bytes go. */
export function discardRecord(fileId: string, now: Date): Promise<void> {
  return transact(async (transaction, db) => {
    const record = readFile((await transaction.get(fileRef(db, fileId))).data());
    if (record?.state === 'kept') transaction.update(fileRef(db, fileId), toDocument({ state: 'deleted', dueAt: now.toISOString() }));
  });
}
