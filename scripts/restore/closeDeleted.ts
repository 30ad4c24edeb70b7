/** Who has deleted his account since the backup stays deleted: what came back of it is closed at once, and erased when the service runs. */
import type { Firestore } from '@google-cloud/firestore';
import { tombstoneRef } from '#shared/access';
import { listTombstoneCopies } from '#shared/backups';
import { closeAgain } from '#shared/erasure';
import { database } from '#shared/runtime';

interface Deletion {
  erasureId: string;
  deletedAt: Date;
}

/** By the tombstone's name. */
export type Deletions = Map<string, Deletion>;

/** From every place that may know of one: the bucket, the database that serves, the one that is restored. */
export async function readDeletions(restored: Firestore): Promise<Deletions> {
  const deletions: Deletions = new Map();
  for (const { tombstoneId, erasureId, deletedAt } of await listTombstoneCopies()) {
    deletions.set(tombstoneId, { erasureId, deletedAt: new Date(deletedAt) });
  }
  for (const db of [await database(), restored]) {
    for (const found of (await db.collection('tombstones').get()).docs) {
      const { erasureId, deletedAt } = found.data() as { erasureId: string; deletedAt: { toDate(): Date } };
      deletions.set(found.id, { erasureId, deletedAt: deletedAt.toDate() });
    }
  }
  return deletions;
}

export function isDeleted(db: Firestore, uid: string, deletions: Deletions): boolean {
  return deletions.has(tombstoneRef(db, uid).id);
}

/** @returns how many were closed */
export async function closeDeleted(db: Firestore, deletions: Deletions, now: Date): Promise<number> {
  if (deletions.size === 0) return 0;
  let closed = 0;
  for (const { id: uid } of (await db.collection('users').select().get()).docs) {
    const deletion = deletions.get(tombstoneRef(db, uid).id);
    if (deletion) closed += Number(await closeAgain(db, uid, deletion, now));
  }
  return closed;
}
