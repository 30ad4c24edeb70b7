/** Who has deleted his account since the backup stays deleted: what came back of it is closed at once, and erased when the service runs. */
import type { Firestore } from '@google-cloud/firestore';
import { tombstoneRef } from '#shared/access';
import { listTombstoneCopies, secondTombstoneName } from '#shared/backups';
import { closeAgain } from '#shared/erasure';
import { database } from '#shared/runtime';
import { isNotThere } from './look.ts';

interface Deletion {
  erasureId: string;
  deletedAt: Date;
}

/** By the tombstone's name, and by the second name of its copy: one of their two secrets may be another one by now. */
export type Deletions = Map<string, Deletion>;

/** From every place that may know of one: the bucket, the database that serves, the one that is restored, if it is there. */
export async function readDeletions(restored: Firestore | undefined): Promise<Deletions> {
  const deletions: Deletions = new Map();
  for (const { tombstoneId, secondName, erasureId, deletedAt } of await listTombstoneCopies()) {
    const deletion = { erasureId, deletedAt: new Date(deletedAt) };
    deletions.set(tombstoneId, deletion);
    if (secondName) deletions.set(SECOND + secondName, deletion);
  }
  for (const db of [await database(), ...(restored ? [restored] : [])]) {
    for (const found of await tombstonesOf(db)) {
      const { erasureId, deletedAt } = found.data() as { erasureId: string; deletedAt: { toDate(): Date } };
      deletions.set(found.id, { erasureId, deletedAt: deletedAt.toDate() });
    }
  }
  return deletions;
}

/** The database that serves may be the one that is lost. */
async function tombstonesOf(db: Firestore) {
  try {
    return (await db.collection('tombstones').get()).docs;
  } catch (error) {
    if (isNotThere(error)) return [];
    throw error;
  }
}

export function isDeleted(db: Firestore, uid: string, deletions: Deletions): boolean {
  return deletionOf(db, uid, deletions) !== undefined;
}

const SECOND = 'second:';

function deletionOf(db: Firestore, uid: string, deletions: Deletions): Deletion | undefined {
  return deletions.get(tombstoneRef(db, uid).id) ?? deletions.get(SECOND + secondTombstoneName(uid));
}

/**
 * Also who came after the backup and has gone again gets his tombstone: a token of his that is still good must not make him anew.
 *
 * @returns how many accounts had come back, and were closed
 */
export async function closeDeleted(db: Firestore, deletions: Deletions, now: Date): Promise<number> {
  if (deletions.size === 0) return 0;
  let closed = 0;
  for (const { id: uid } of (await db.collection('users').select().get()).docs) {
    const deletion = deletionOf(db, uid, deletions);
    if (deletion) closed += Number(await closeAgain(db, uid, deletion, now));
  }
  const writer = db.bulkWriter();
  const first = [...deletions].filter(([id]) => !id.startsWith(SECOND));
  const written = first.map(([id, { erasureId, deletedAt }]) => writer.set(db.doc(`tombstones/${id}`), { erasureId, deletedAt }));
  await Promise.all([...written, writer.close()]);
  return closed;
}
