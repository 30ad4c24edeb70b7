import type { Firestore, Transaction } from '@google-cloud/firestore';
import { config, fromDocument, log, problem, toDocument, transact, type World } from '#shared/runtime';
import { BACKUP_WORK, BACKUPS, Backup, type BackupWork, backupRef, workRef } from './record.ts';

/** From the moment it is asked for; then it has failed. */
const DEADLINE_MS = 3 * 60 * 60_000;
/** A little less than a week: a check that failed is made up for on the next day. */
const WEEKLY_MS = 6.5 * 24 * 60 * 60_000;
const NOT_CONFIGURED_RETRY_S = 60 * 60;
/** Looked through for the last weekly one. */
const LATEST = 100;

export interface StartBackup {
  world: Pick<World, 'clock' | 'newId'>;
  /** One that was begun since then, and has not failed, is the answer as well. */
  since?: Date;
  /** It is made up for: whatever was begun after that one is the answer as well. */
  retryOf?: Pick<BackupWork, 'backupId' | 'createdAt' | 'tries'>;
  /** Written in the same transaction, when one is begun. */
  also?: (transaction: Transaction, db: Firestore, backup: Backup) => void;
}

/**
 * Asks for a backup; `advanceBackups` makes it. There is one at a time: while one is on its way, that one is the answer.
 *
 * @throws `feature_unavailable` when no bucket is named, or nothing to seal accounts with
 */
export function startBackup({ world: { clock, newId }, since, retryOf, also }: StartBackup): Promise<{ backup: Backup; isNew: boolean }> {
  requireSettings();
  const backupId = newId('bak');
  return transact(async (transaction, db) => {
    const running = (await transaction.get(db.collection(BACKUP_WORK).where('isRunning', '==', true).limit(1))).docs[0];
    const latest = await transaction.get(db.collection(BACKUPS).orderBy('createdAt', 'desc').limit(LATEST));
    const known = latest.docs.flatMap((found) => Backup.safeParse(fromDocument(found.data())).data ?? []);
    const isLater = ({ backupId: id, createdAt }: Backup) => retryOf && id !== retryOf.backupId && createdAt >= retryOf.createdAt;
    const isAnswer = (backup: Backup) => backup.backupId === running?.id || (since && isBegunSince(backup, since)) || isLater(backup);
    const one = known.find(isAnswer);
    if (one) return { backup: one, isNew: false };
    const now = new Date(clock.now());
    const isWeekly = !known.some((backup) => isRecentCheck(backup, now));
    const { backup, work } = freshDocuments(backupId, { isWeekly, tries: (retryOf?.tries ?? 0) + 1 }, now);
    transaction.create(backupRef(db, backupId), toDocument(backup));
    transaction.create(workRef(db, backupId), toDocument(work));
    also?.(transaction, db, backup);
    return { backup, isNew: true };
  });
}

function requireSettings(): void {
  const { BACKUP_BUCKET, BACKUP_SECRET } = config();
  if (BACKUP_BUCKET && BACKUP_SECRET) return;
  log.error('backup_not_configured', { next: 'Set BACKUP_BUCKET, and BACKUP_SECRET with at least 64 characters.' });
  throw problem('feature_unavailable', { feature: 'admin', reason: 'storage', retryAfterS: NOT_CONFIGURED_RETRY_S });
}

function isBegunSince({ state, createdAt }: Backup, since: Date): boolean {
  return state !== 'failed' && Date.parse(createdAt) >= since.getTime();
}

/** One that could not be compared is made up for by the next backup. A comparison that takes long is not met by another. */
function isRecentCheck({ isWeekly, state, comparison, createdAt }: Backup, now: Date): boolean {
  if (!isWeekly || state === 'failed' || comparison?.state === 'given_up') return false;
  return comparison?.state === 'running' || now.getTime() - Date.parse(createdAt) < WEEKLY_MS;
}

interface Kind {
  isWeekly: boolean;
  tries: number;
}

function freshDocuments(backupId: string, { isWeekly, tries }: Kind, now: Date): { backup: Backup; work: BackupWork } {
  const createdAt = now.toISOString();
  const backup: Backup = {
    ...{ backupId, state: 'started', snapshotAt: null, isWeekly, documents: null, accounts: null, bytes: null },
    ...{ verifiedAt: null, restoredAt: null, failure: null, createdAt, updatedAt: createdAt },
    comparison: isWeekly ? { state: 'waiting', fault: null } : null,
  };
  const work: BackupWork = {
    ...{ backupId, isRunning: true, dueAt: createdAt, claimId: null, createdAt },
    deadlineAt: new Date(now.getTime() + DEADLINE_MS).toISOString(),
    ...{ failedPasses: 0, lastFault: null, exportPlace: null, exportOperation: null, isExported: false, collections: null, counts: null },
    accounts: { pages: [], count: 0, next: null, isDone: false },
    opened: { pages: 0, count: 0 },
    digests: { pages: 0, documents: 0, after: null, isDone: false },
    check: { databaseId: null, step: 'digest', operation: null, comparedPages: 0 },
    ...{ isHeld: false, tries, retryAt: null },
  };
  return { backup, work };
}
