import { needsOf } from '#shared/access';
import { database, listNewest } from '#shared/runtime';
import { toFileRecord } from './records.ts';
import { FILES, File, FileId, type FileRecord } from './schema.ts';
import { fileRef } from './store.ts';

/** What somebody keeps here, and what he has deleted whose bytes are still to go. */
export const files = needsOf('file', {
  find: findFile,
  subject: ({ ownerId }: FileRecord) => ({ ownerId, isShared: false }),
});

async function findFile(fileId: string): Promise<FileRecord | undefined> {
  if (!FileId.safeParse(fileId).success) return undefined;
  const db = await database();
  const record = toFileRecord(await fileRef(db, fileId).get());
  return record === 'unreadable' ? undefined : record;
}

/** A page of what a person keeps here, the newest first. */
export function listFiles(ownerId: string, page: { limit: number; cursor?: string | undefined }) {
  return listNewest({ collection: FILES, where: { ownerId, state: 'kept' }, id: FileId, read: (record) => Shown.parse(record) }, page);
}

/** Of a record, what its owner sees. */
const Shown = File.strip();
