/** `backups/{backupId}`, as operators see it, and `backupWork/{backupId}`, what it takes to move it on. */
import type { Firestore } from '@google-cloud/firestore';
import { z } from 'zod';
import { idOf } from '#shared/runtime';

export const BACKUPS = 'backups';
export const BACKUP_WORK = 'backupWork';

export const BackupId = idOf('bak');

/** Why a backup has failed; the watch and `docs/backups.md` explain each. */
export const BackupFailure = z.object({
  code: z.enum([
    'too_late',
    'database_refused',
    'bucket_refused',
    'bucket_unavailable',
    'accounts_unreadable',
    'accounts_redacted',
    'counts_differ',
    'documents_differ',
    'objects_missing',
    'instant_lost',
    'unexpected',
  ]),
  detail: z.string(),
});
export type BackupFailure = z.output<typeof BackupFailure>;

/** Of a weekly backup: it is also brought back into an empty database, and compared there document by document. */
const Comparison = z.strictObject({
  /** `given_up`: it could not be made, and says nothing of the backup. */
  state: z.enum(['waiting', 'running', 'equal', 'different', 'given_up']),
  fault: BackupFailure.nullable(),
});

export const Backup = z.strictObject({
  backupId: z.string(),
  state: z.enum(['started', 'exporting', 'exported', 'verifying', 'verified', 'failed']),
  /** The instant that all documents in it are of; null until that has been chosen. */
  snapshotAt: z.iso.datetime().nullable(),
  /** It is also compared. */
  isWeekly: z.boolean(),
  /** How many documents and accounts it holds, and its size. */
  documents: z.int().nullable(),
  accounts: z.int().nullable(),
  bytes: z.int().nullable(),
  verifiedAt: z.iso.datetime().nullable(),
  /** Begins when it is verified, and may take days. Null: it is not weekly. */
  comparison: Comparison.nullable().default(null),
  /** When the restored copy was found equal. */
  restoredAt: z.iso.datetime().nullable(),
  failure: BackupFailure.nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type Backup = z.output<typeof Backup>;

const Counts = z.record(z.string(), z.int());

export const BackupWork = z.object({
  backupId: z.string(),
  /** False once it is verified or failed: then it is compared, tidied up after, or tried again, at most. */
  isRunning: z.boolean(),
  /** When it is to be moved on; null: never again. */
  dueAt: z.iso.datetime().nullable(),
  claimId: z.string().nullable(),
  deadlineAt: z.iso.datetime(),
  createdAt: z.iso.datetime(),
  failedPasses: z.int(),
  lastFault: BackupFailure.nullable(),
  /** Below it the export stands; an attempt that died has another, which does not count. */
  exportPlace: z.string().nullable(),
  exportOperation: z.string().nullable(),
  isExported: z.boolean(),
  /** All that there were at the instant: those listed then, and those of the backup before. */
  collections: z.array(z.string()).nullable(),
  counts: Counts.nullable(),
  /** Sealed pages with their checksums, how many accounts are in them, and where Auth goes on. */
  accounts: z.object({
    pages: z.array(z.object({ name: z.string(), sha256: z.string(), bytes: z.int() })),
    count: z.int(),
    next: z.string().nullable(),
    isDone: z.boolean(),
  }),
  /** Of these pages, how many could be opened, and how many accounts were in them. */
  opened: z.object({ pages: z.int(), count: z.int() }),
  /** How many pages of digests there are so far, of how many documents, and where the next begins. */
  digests: z.object({
    pages: z.int(),
    documents: z.int(),
    after: z.object({ collection: z.string(), id: z.string() }).nullable(),
    isDone: z.boolean(),
  }),
  /** The database that it is brought back into, and how far that has come. */
  check: z.object({
    databaseId: z.string().nullable(),
    step: z.enum(['digest', 'create', 'import', 'compare', 'remove', 'removed']),
    operation: z.string().nullable(),
    comparedPages: z.int(),
  }),
  /** Objects of it may be on hold. Written before the first is held, and after the last was released. */
  isHeld: z.boolean(),
  /** Which try of the day it is, and when the next one begins if this one has failed; null: it does not. */
  tries: z.int(),
  retryAt: z.iso.datetime().nullable(),
});
export type BackupWork = z.output<typeof BackupWork>;

export function backupRef(db: Firestore, backupId: string) {
  return db.collection(BACKUPS).doc(backupId);
}

export function workRef(db: Firestore, backupId: string) {
  return db.collection(BACKUP_WORK).doc(backupId);
}
