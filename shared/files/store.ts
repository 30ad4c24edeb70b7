import type { DocumentData, Firestore, Transaction, WriteBatch } from '@google-cloud/firestore';
import { mediaStores, type StoredObject } from '#shared/media';
import { fromDocument, log, toDocument, transact } from '#shared/runtime';
import { FILES, type FileKind, type FileObject, FileRecord, fileIdOf, fileOfObject } from './schema.ts';

export interface NewFile {
  kind: FileKind;
  ownerId: string;
  /** The song or the picture. */
  belongsTo: string;
  objects: StoredObject[];
  now: Date;
}

/** Adds it to whatever is being written; the same file again replaces it. With two stores its copies are due at once. */
export function writeFile(writer: Transaction | WriteBatch, db: Firestore, file: NewFile): void {
  const record = newRecord(file);
  set(writer, db, { ...record, dueAt: isIncomplete(record) ? file.now.toISOString() : null });
}

/** Nobody sees it from now on; its bytes go from every store as soon as that can be done. */
export function discardFile(writer: Transaction | WriteBatch, db: Firestore, file: NewFile): void {
  set(writer, db, { ...newRecord(file), state: 'deleted', dueAt: file.now.toISOString() });
}

/** For bytes that somebody else removes. */
export function forgetFile(writer: Transaction | WriteBatch, db: Firestore, kind: FileKind, belongsTo: string): void {
  (writer as WriteBatch).delete(fileRef(db, fileIdOf(kind, belongsTo)));
}

/** A store that should have an object has it not, or not as it was: another copy takes its place. Best effort, safe to repeat. */
export async function reportLost(name: string, storeId: string, now: Date): Promise<void> {
  const file = fileOfObject(name);
  if (!file) return;
  try {
    const isNews = await transact(async (transaction, db) => {
      const ref = fileRef(db, fileIdOf(file.kind, file.belongsTo));
      const record = readFile((await transaction.get(ref)).data());
      if (record?.state !== 'kept' || !has(record, name, storeId)) return false;
      const objects = record.objects.map((object) => (object.name === name ? without(object, storeId) : object));
      transaction.update(ref, toDocument({ objects, repairs: record.repairs + 1, dueAt: now.toISOString() }));
      return true;
    });
    if (isNews) log.error('media_copy_lost', { ...file, storeId });
  } catch (error) {
    log.warn('media_copy_not_reported', { ...file, storeId, error });
  }
}

/** Whether a store of the deployment is not known to have all of it. */
export function isIncomplete({ objects }: Pick<FileRecord, 'objects'>): boolean {
  return objects.some((object) => missingIn(object).length > 0);
}

/** Stores of the deployment that are not known to have it. */
function missingIn({ storeIds }: FileObject): string[] {
  return mediaStores()
    .map(({ id }) => id)
    .filter((id) => !storeIds.includes(id));
}

export function without(object: FileObject, storeId: string): FileObject {
  return { ...object, storeIds: object.storeIds.filter((id) => id !== storeId) };
}

export function readFile(data: DocumentData | undefined): FileRecord | undefined {
  return data && FileRecord.parse(fromDocument(data));
}

export function fileRef(db: Firestore, fileId: string) {
  return db.collection(FILES).doc(fileId);
}

function has({ objects }: FileRecord, name: string, storeId: string): boolean {
  return objects.some((object) => object.name === name && object.storeIds.includes(storeId));
}

function newRecord({ kind, ownerId, belongsTo, objects, now }: NewFile): FileRecord {
  return {
    fileId: fileIdOf(kind, belongsTo),
    kind,
    bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
    createdAt: now.toISOString(),
    ownerId,
    belongsTo,
    objects: objects.map(({ storeId, ...object }) => ({ ...object, storeIds: [storeId] })),
    state: 'kept',
    repairs: 0,
    tries: 0,
    dueAt: null,
  };
}

function set(writer: Transaction | WriteBatch, db: Firestore, record: FileRecord): void {
  (writer as WriteBatch).set(fileRef(db, record.fileId), toDocument(record));
}
