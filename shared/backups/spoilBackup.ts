/** A backup that was verified, and turned out to be none. */
import { log, toDocument, transact, type World } from '#shared/runtime';
import { exists, holdAll, removeAll, verifiedName } from './bucket.ts';
import { type Backup, type BackupFailure, backupRef, workRef } from './record.ts';

/**
 * From now on it counts as failed. Whoever is comparing it loses his turn; the next pass takes its mark in the bucket away, and begins
 * another backup. Safe to repeat and twice at once.
 */
export async function spoilBackup({ backupId }: Backup, failure: BackupFailure, { clock }: Pick<World, 'clock'>): Promise<void> {
  log.error('backup_spoiled', { backupId, ...failure });
  const now = new Date(clock.now()).toISOString();
  await transact(async (transaction, db) => {
    const [work, backup] = await transaction.getAll(workRef(db, backupId), backupRef(db, backupId));
    if (backup?.get('state') !== 'verified') return;
    const comparison = backup.get('comparison.state') === 'running' ? { comparison: { state: 'given_up', fault: failure } } : {};
    transaction.update(backup.ref, toDocument({ state: 'failed', failure, updatedAt: now, ...comparison }));
    if (work?.exists) transaction.update(work.ref, toDocument({ claimId: null, dueAt: now, retryAt: now, tries: 1 }));
  });
}

/** A restore goes by what stands in the bucket. */
export async function takeMarkAway({ backupId, snapshotAt }: Backup): Promise<void> {
  const marker = verifiedName(backupId, snapshotAt!);
  if (!(await exists(marker))) return;
  await holdAll([marker], false);
  await removeAll([marker]);
}
