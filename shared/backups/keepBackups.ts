/** Which backups stay: ninety days of them, and whatever happens the newest that was verified. */
import type { Firestore, QueryDocumentSnapshot } from '@google-cloud/firestore';
import { MediaFault } from '#shared/media';
import { database, fromDocument, inParallel, log, type World } from '#shared/runtime';
import { type DatabaseAdmin, ownDatabaseAdmin } from '#shared/snapshots';
import {
  exists,
  folderOf,
  holdAll,
  type KnownBackup,
  listManifests,
  listObjects,
  Manifest,
  manifestName,
  readJson,
  removeAll,
  verifiedName,
  writeJson,
} from './bucket.ts';
import { removeOldTombstones } from './copyTombstones.ts';
import { KEPT_DAYS } from './lifeCycle.ts';
import { BACKUP_WORK, BACKUPS, Backup, backupRef, workRef } from './record.ts';
import { spoilBackup } from './spoilBackup.ts';
import { BackupFailed } from './step.ts';
import { removeStrayChecks } from './strayChecks.ts';
import { openPage, requireObjects } from './verifyStep.ts';

const DAY_MS = 24 * 60 * 60_000;
/** In one run. */
const MOST = { spoiled: 10, released: 20, removed: 20, lapsed: 100 };
const PAGES_AT_ONCE = 4;

export interface Kept {
  /** The newest verified one, if there is any. */
  newest: Backup | undefined;
  /** One at least turned out not to be whole any more, and counts as failed from now on. */
  isSpoiled: boolean;
  released: number;
  removed: number;
}

/**
 * Safe to repeat and twice at once. Nothing is let go before the newest verified one is on hold. What fails keeps nothing else from being done.
 *
 * @throws the first fault, when all has been tried
 */
export async function keepBackups({ clock, admin }: Pick<World, 'clock'> & { admin?: DatabaseAdmin }): Promise<Kept> {
  const db = await database();
  const now = new Date(clock.now());
  const { newest, isSpoiled } = await newestWhole({ clock });
  const faults: unknown[] = [];
  const attempt = async (what: string, work: () => Promise<number>) => {
    try {
      return await work();
    } catch (error) {
      log.error('backups_not_kept', { what, error });
      faults.push(error);
      return 0;
    }
  };
  if (newest) await hold(db, newest);
  const released = await eachOf(newest ? await findOlderHeld(db, newest) : [], ({ id }) => attempt(id, () => release(db, id)));
  const removed = await eachOf(await findLapsed(db, newest, now), ({ id }) => attempt(id, () => remove(db, id)));
  await attempt('those that only the bucket knows', () => (newest ? removeForgotten(db, now) : Promise.resolve(0)));
  await attempt('tombstones', () => removeOldTombstones(now));
  await attempt('databases to compare', async () => removeStrayChecks(db, admin ?? (await ownDatabaseAdmin())));
  if (faults.length > 0) throw faults[0];
  return { newest, isSpoiled, released, removed };
}

async function newestWhole(world: Pick<World, 'clock'>): Promise<Pick<Kept, 'newest' | 'isSpoiled'>> {
  for (let spoiled = 0; spoiled < MOST.spoiled; spoiled += 1) {
    const newest = await newestVerified();
    const fault = newest && (await faultOf(newest));
    if (!fault) return { newest, isSpoiled: spoiled > 0 };
    await spoilBackup(newest, fault.failure, world);
  }
  return { newest: undefined, isSpoiled: true };
}

/** One query. */
async function newestVerified(): Promise<Backup | undefined> {
  const db = await database();
  const { docs } = await db.collection(BACKUPS).where('state', '==', 'verified').orderBy('createdAt', 'desc').limit(1).get();
  return docs[0] && Backup.parse(fromDocument(docs[0].data()));
}

/** Its objects are there, and every page of accounts can still be opened: with another `BACKUP_SECRET` nobody could. */
async function faultOf({ backupId, snapshotAt }: Backup): Promise<BackupFailed | undefined> {
  try {
    const manifest = await readManifest(manifestName(backupId, snapshotAt!));
    await requireObjects(manifest);
    await inParallel(manifest.accountPages, PAGES_AT_ONCE, async (page) => void (await openPage(page)));
    return undefined;
  } catch (error) {
    if (error instanceof BackupFailed) return error;
    throw error;
  }
}

async function readManifest(name: string): Promise<Manifest> {
  try {
    return await readJson(name, Manifest);
  } catch (error) {
    if (error instanceof MediaFault && error.kind !== 'missing') throw error;
    throw new BackupFailed('objects_missing', 'its manifest is missing, or cannot be read');
  }
}

/** That it may be held is written before: whoever dies here leaves no hold that nobody knows of. */
async function hold(db: Firestore, { backupId, snapshotAt }: Backup): Promise<void> {
  await workRef(db, backupId).set({ isHeld: true }, { merge: true });
  const marker = verifiedName(backupId, snapshotAt!);
  if (!(await exists(marker))) await writeJson(marker, { backupId });
  await holdAll(await namesOf(db, backupId), true);
}

/** Never one that is newer: it may have become the newest just now. */
async function findOlderHeld(db: Firestore, { createdAt }: Backup): Promise<QueryDocumentSnapshot[]> {
  const { docs } = await db.collection(BACKUP_WORK).where('isHeld', '==', true).limit(MOST.released).get();
  return docs.filter((found) => found.get('createdAt').toMillis() < Date.parse(createdAt));
}

async function release(db: Firestore, backupId: string): Promise<number> {
  await holdAll(await namesOf(db, backupId), false);
  await workRef(db, backupId).update({ isHeld: false });
  return 1;
}

/** As long as none is verified, none is removed: one of them may be the last hope. */
async function findLapsed(db: Firestore, newest: Backup | undefined, now: Date): Promise<QueryDocumentSnapshot[]> {
  if (!newest) return [];
  const lapsed = db.collection(BACKUPS).where('createdAt', '<', new Date(now.getTime() - KEPT_DAYS * DAY_MS));
  const { docs } = await lapsed.orderBy('createdAt').limit(MOST.lapsed).get();
  return docs.filter(({ id }) => id !== newest.backupId);
}

async function remove(db: Firestore, backupId: string): Promise<number> {
  await removeObjects(await namesOf(db, backupId));
  await workRef(db, backupId).delete();
  await backupRef(db, backupId).delete(); // last: until then another run finds it
  return 1;
}

/** After a restore the database knows nothing of those that were made since its instant. */
async function removeForgotten(db: Firestore, now: Date): Promise<number> {
  const isLapsed = ({ snapshotAt }: KnownBackup) => now.getTime() - Date.parse(snapshotAt) > KEPT_DAYS * DAY_MS;
  const lapsed = (await listManifests()).filter(isLapsed).slice(0, MOST.removed);
  for (const { backupId, snapshotAt } of lapsed) {
    if ((await backupRef(db, backupId).get()).exists) continue;
    await removeObjects(await namesIn(backupId, snapshotAt));
  }
  return lapsed.length;
}

/** Holds of whoever died while he held or released go first. */
async function removeObjects(names: string[]): Promise<void> {
  await holdAll(names, false);
  await removeAll(names);
}

/** Until so many are done as one run may do. */
async function eachOf(found: QueryDocumentSnapshot[], work: (document: QueryDocumentSnapshot) => Promise<number>): Promise<number> {
  let done = 0;
  for (const document of found) {
    if (done >= MOST.removed) break;
    done += await work(document);
  }
  return done;
}

async function namesOf(db: Firestore, backupId: string): Promise<string[]> {
  const snapshotAt: unknown = fromDocument((await backupRef(db, backupId).get()).data() ?? {})['snapshotAt'];
  return namesIn(backupId, typeof snapshotAt === 'string' ? snapshotAt : null);
}

/** @param snapshotAt - null: it has no manifest yet */
async function namesIn(backupId: string, snapshotAt: string | null): Promise<string[]> {
  const beside = snapshotAt === null ? [] : await listObjects(manifestName(backupId, snapshotAt).replace(/\.json$/, ''));
  return [...(await listObjects(folderOf(backupId))), ...beside].map(({ name }) => name);
}
