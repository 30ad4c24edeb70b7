import type { Firestore } from '@google-cloud/firestore';
import { log } from '#shared/runtime';
import type { DatabaseAdmin } from '#shared/snapshots';
import { BackupId, workRef } from './record.ts';

const PREFIX = 'check-';

/** Names of databases: lower-case letters, digits and hyphens. */
export function checkNameOf(backupId: string): string {
  return `${PREFIX}${backupId.slice('bak_'.length)}`;
}

/**
 * Removes databases to compare that nobody will remove any more: one that came into being after it was looked for and removed, or whose
 * backup has gone. One that is in use has somebody who comes back to it.
 *
 * @returns how many
 */
export async function removeStrayChecks(db: Firestore, admin: DatabaseAdmin): Promise<number> {
  let removed = 0;
  for (const databaseId of await admin.listDatabases()) {
    const backupId = `bak_${databaseId.slice(PREFIX.length)}`;
    if (!databaseId.startsWith(PREFIX) || !BackupId.safeParse(backupId).success) continue;
    const work = await workRef(db, backupId).get();
    if (work.exists && work.get('dueAt') !== null) continue;
    log.warn('stray_database_removed', { databaseId });
    await admin.startDelete(databaseId);
    removed += 1;
  }
  return removed;
}
