/**
 * What has been brought in leaves a mark, `imports/{id}`: a repeated run knows it even when it was changed or deleted here since,
 * and neither overwrites nor brings it back. A mark tells nothing of whose it is or was.
 */
import type { Firestore, WriteBatch } from '@google-cloud/firestore';
import { database, within } from '#shared/runtime';

const READ_AT_ONCE = 300;
const LIMIT_MS = 30_000;
/** gRPC's code for a document that `create` finds there. */
const ALREADY_EXISTS = 6;

/** @returns those of the ids that have a mark */
export async function readMarks(ids: string[]): Promise<Set<string>> {
  const db = await database();
  const marked = new Set<string>();
  for (let at = 0; at < ids.length; at += READ_AT_ONCE) {
    const refs = ids.slice(at, at + READ_AT_ONCE).map((id) => db.doc(`imports/${id}`));
    const found = await within(LIMIT_MS, 'Firestore', db.getAll(...refs, { fieldMask: [] }));
    for (const snapshot of found) if (snapshot.exists) marked.add(snapshot.id);
  }
  return marked;
}

/**
 * Writes new documents together with the mark of their entry: all or none.
 *
 * @returns `there` when another run was faster
 */
export async function createMarked(
  id: string,
  source: string,
  add: (batch: WriteBatch, db: Firestore) => void = () => undefined,
): Promise<'new' | 'there'> {
  const db = await database();
  const batch = db.batch();
  add(batch, db);
  batch.create(db.doc(`imports/${id}`), { source });
  try {
    await within(LIMIT_MS, 'Firestore', batch.commit());
    return 'new';
  } catch (error) {
    if ((error as { code?: unknown }).code === ALREADY_EXISTS) return 'there';
    throw error;
  }
}
