/**
 * What an import must not bring back, set right at once and before anybody reads it. Each part may be repeated.
 *
 * - accounts that were deleted since are closed (G15)
 * - songs that were not ordered yet may have been since: they are given up (G2)
 * - sweeps are held: the stores have objects that these documents do not know
 * - what an operator had closed stays closed
 * - the backup knows itself as one that is being made: it would be made again, and fail
 */
import type { Firestore } from '@google-cloud/firestore';
import { BACKUP_WORK, BACKUPS, type Manifest } from '#shared/backups';
import { giveUpUnordered } from '#shared/generation';
import { holdSweeps } from '#shared/operations';
import { DEFAULT_SETTINGS, readSettings, SETTINGS_DOCUMENT } from '#shared/runtime';
import { closeDeleted, type Deletions } from './deletions.ts';

const HELD_DAYS = 7;

export interface Settled {
  closed: number;
  givenUp: number;
  heldUntil: Date;
}

export async function settle(db: Firestore, { manifest, isVerified, deletions, closedFeatures }: What, now: Date): Promise<Settled> {
  await keepClosed(db, closedFeatures);
  if (isVerified) await knowBackup(db, manifest, now);
  const closed = await closeDeleted(db, deletions, now);
  const givenUp = await giveUpUnordered(db, now);
  return { closed, givenUp, heldUntil: await hold(db, now) };
}

interface What {
  manifest: Manifest;
  isVerified: boolean;
  deletions: Deletions;
  closedFeatures: string[];
}

export async function hold(db: Firestore, now: Date): Promise<Date> {
  const heldUntil = new Date(now.getTime() + HELD_DAYS * 24 * 60 * 60_000);
  await holdSweeps(db, heldUntil);
  return heldUntil;
}

export async function readClosed(db: Firestore): Promise<string[]> {
  return readSettings((await db.doc(SETTINGS_DOCUMENT).get()).data()).settings.closedFeatures;
}

async function keepClosed(db: Firestore, closedFeatures: string[]): Promise<void> {
  if (closedFeatures.length === 0) return;
  const ref = db.doc(SETTINGS_DOCUMENT);
  const { settings } = readSettings((await ref.get()).data());
  await ref.set({ ...DEFAULT_SETTINGS, ...settings, closedFeatures: [...new Set([...settings.closedFeatures, ...closedFeatures])] });
}

const ENDED = new Set<unknown>(['verified', 'failed']);

/** As the bucket says it is. A later one is compared in its place. */
function knowBackup(db: Firestore, { backupId, snapshotAt, documents, accounts, objects }: Manifest, now: Date): Promise<void> {
  return db.runTransaction(async (transaction) => {
    const [backup, work] = await transaction.getAll(db.doc(`${BACKUPS}/${backupId}`), db.doc(`${BACKUP_WORK}/${backupId}`));
    if (!backup?.exists || ENDED.has(backup.get('state'))) return;
    const bytes = objects.reduce((sum, object) => sum + object.bytes, 0);
    const comparison = backup.get('comparison') ? { comparison: { state: 'given_up', fault: null } } : {};
    const known = { state: 'verified', snapshotAt: new Date(snapshotAt), documents, accounts, bytes, ...comparison };
    transaction.update(backup.ref, { ...known, verifiedAt: now, updatedAt: now });
    if (work?.exists) transaction.update(work.ref, { isRunning: false, dueAt: null, claimId: null, isHeld: true });
  });
}
