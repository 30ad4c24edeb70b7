/** Whose a deleted file was, `deletedFiles/{fileId}`, for a while: so that deleting it again is a success for him and for nobody else. */
import type { Firestore } from '@google-cloud/firestore';
import { z } from 'zod';
import { database, fromDocument, toDocument } from '#shared/runtime';
import { FileId } from './schema.ts';

const REMEMBERED_MS = 30 * 24 * 60 * 60_000;

const DeletedFile = z.object({ ownerId: z.string(), expireAt: z.iso.datetime() });

/** In one round trip, and before they go: whoever dies in between has told nothing that the files themselves do not tell better. */
export async function rememberDeleted(fileIds: string[], { ownerId, now }: { ownerId: string; now: Date }): Promise<void> {
  if (fileIds.length === 0) return;
  const db = await database();
  const batch = db.batch();
  const expireAt = new Date(now.getTime() + REMEMBERED_MS).toISOString();
  for (const fileId of fileIds) batch.set(deletedRef(db, fileId), toDocument({ ownerId, expireAt } satisfies z.output<typeof DeletedFile>));
  await batch.commit();
}

/** Which of these were this person's, and went lately. Reads as many documents as are asked for. */
export async function findDeleted(fileIds: string[], { ownerId, now }: { ownerId: string; now: Date }): Promise<Set<string>> {
  const ids = fileIds.filter((fileId) => FileId.safeParse(fileId).success);
  if (ids.length === 0) return new Set();
  const db = await database();
  const documents = await db.getAll(...ids.map((fileId) => deletedRef(db, fileId)));
  const isHis = (data: unknown) => {
    const deleted = DeletedFile.safeParse(data).data;
    return deleted?.ownerId === ownerId && Date.parse(deleted.expireAt) > now.getTime();
  };
  return new Set(documents.filter((document) => isHis(fromDocument(document.data() ?? {}))).map(({ id }) => id));
}

function deletedRef(db: Firestore, fileId: string) {
  return db.collection('deletedFiles').doc(fileId);
}
