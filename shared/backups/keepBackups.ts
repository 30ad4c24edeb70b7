/** Which backups stay: ninety days of them, and whatever happens the newest that was verified. */
import type { Firestore } from '@google-cloud/firestore';
import { MediaFault } from '#shared/media';
import { database, fromDocument, log, type World } from '#shared/runtime';
import { folderOf, holdAll, listObjects, Manifest, manifestName, readJson, removeAll, verifiedName } from './bucket.ts';
import { BACKUP_WORK, BACKUPS, Backup, backupRef, workRef } from './record.ts';
import { readAccountPage } from './sealedAccounts.ts';
import { BackupFailed } from './step.ts';
import { requireObjects } from './verifyStep.ts';

const KEPT_DAYS = 90;
const DAY_MS = 24 * 60 * 60_000;
/** In one run. */
const MOST_REMOVED = 20;
const MOST_RELEASED = 20;

/**
 * For the bucket: it also holds where the code below does not run any more. What is held stays. Tombstones have to outlive every backup that
 * still has the account. @see https://cloud.google.com/storage/docs/lifecycle
 */
export const BACKUP_LIFE_CYCLE = {
  rule: [
    { action: { type: 'Delete' }, condition: { age: KEPT_DAYS, matchesPrefix: ['backups/', 'manifests/'] } },
    { action: { type: 'Delete' }, condition: { age: 1, matchesPrefix: ['staging/'] } },
    { action: { type: 'Delete' }, condition: { age: KEPT_DAYS + 30, matchesPrefix: ['tombstones/'] } },
  ],
};

export interface Kept {
  /** The newest verified one, if there is any. */
  newest: Backup | undefined;
  /** It turned out not to be whole any more, and counts as failed from now on. */
  isSpoiled: boolean;
  released: number;
  removed: number;
}

/** Safe to repeat and twice at once. */
export async function keepBackups({ clock }: Pick<World, 'clock'>): Promise<Kept> {
  const db = await database();
  const now = new Date(clock.now());
  const found = await newestVerified();
  const isSpoiled = found !== undefined && !(await isWhole(db, found, now));
  const newest = isSpoiled ? await newestVerified() : found;
  const released = newest ? await releaseOthers(db, newest) : 0;
  return { newest, isSpoiled, released, removed: await removeLapsed(db, newest, now) };
}

/** One query. */
async function newestVerified(): Promise<Backup | undefined> {
  const db = await database();
  const { docs } = await db.collection(BACKUPS).where('state', '==', 'verified').orderBy('createdAt', 'desc').limit(1).get();
  return docs[0] && Backup.parse(fromDocument(docs[0].data()));
}

/** Its objects are there, and the accounts can still be opened: with another `BACKUP_SECRET` nobody could. */
async function isWhole(db: Firestore, backup: Backup, now: Date): Promise<boolean> {
  const { backupId, snapshotAt } = backup;
  try {
    const manifest = await readJson(manifestName(backupId, snapshotAt!), Manifest);
    await requireObjects(manifest);
    await requireReadable(manifest);
    return true;
  } catch (error) {
    if (!(error instanceof BackupFailed)) throw error;
    log.error('backup_spoiled', { backupId, ...error.failure });
    await backupRef(db, backupId).update({ state: 'failed', failure: error.failure, updatedAt: now });
    return false;
  }
}

async function requireReadable({ accountPages: [page] }: Manifest): Promise<void> {
  if (!page) return;
  try {
    await readAccountPage(page);
  } catch (error) {
    if (error instanceof MediaFault) throw error;
    throw new BackupFailed('accounts_unreadable', 'the accounts cannot be opened with the present BACKUP_SECRET');
  }
}

async function releaseOthers(db: Firestore, newest: Backup): Promise<number> {
  const { docs } = await db.collection(BACKUP_WORK).where('isHeld', '==', true).limit(MOST_RELEASED).get();
  const others = docs.filter(({ id }) => id !== newest.backupId);
  for (const { id, ref } of others) {
    await holdAll(await namesOf(db, id), false);
    await ref.update({ isHeld: false });
  }
  return others.length;
}

async function removeLapsed(db: Firestore, newest: Backup | undefined, now: Date): Promise<number> {
  const lapsed = db.collection(BACKUPS).where('createdAt', '<', new Date(now.getTime() - KEPT_DAYS * DAY_MS));
  const { docs } = await lapsed.orderBy('createdAt').limit(MOST_REMOVED).get();
  let removed = 0;
  for (const { id } of docs) {
    const work = await workRef(db, id).get();
    if (id === newest?.backupId || work.get('isHeld') === true) continue;
    await removeAll(await namesOf(db, id));
    await workRef(db, id).delete();
    await backupRef(db, id).delete(); // last: until then another run finds it
    removed += 1;
  }
  return removed;
}

async function namesOf(db: Firestore, backupId: string): Promise<string[]> {
  const names = (await listObjects(folderOf(backupId))).map(({ name }) => name);
  const snapshotAt: unknown = fromDocument((await backupRef(db, backupId).get()).data() ?? {})['snapshotAt'];
  if (typeof snapshotAt !== 'string') return names;
  const beside = [manifestName(backupId, snapshotAt), verifiedName(backupId, snapshotAt)];
  const there = new Set((await listObjects(beside[0]!.replace(/\.json$/, ''))).map(({ name }) => name));
  return [...names, ...beside.filter((name) => there.has(name))];
}
