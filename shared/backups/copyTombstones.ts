/**
 * Copies of tombstones in the backup bucket. A database that is lost takes with it who has deleted his account since the last backup, and
 * a restore must not bring him back (G15). They name nobody: each is a keyed hash and a random id.
 */
import { createHmac } from 'node:crypto';
import type { QueryDocumentSnapshot } from '@google-cloud/firestore';
import { z } from 'zod';
import { erasureRef } from '#shared/erasure';
import { backupStore, MediaFault } from '#shared/media';
import { config, database, fromDocument, inParallel, log, newId, required, type World } from '#shared/runtime';
import { listManifests, listObjects, readJson, removeAll, tombstoneName, writeJson } from './bucket.ts';
import { KEPT_DAYS } from './lifeCycle.ts';

const POSITION = 'jobRuns/copyTombstones';
/** Times are those of the instances that wrote them: a slow one may come in behind. */
const OVERLAP_MS = 5 * 60_000;
const PAGE = 100;
const DAY_MS = 24 * 60 * 60_000;
/** Longer than any backup that is not held. */
const COPY_KEPT_MS = (KEPT_DAYS + 30) * DAY_MS;
const MOST_REMOVED = 500;
const READ_AT_ONCE = 8;

const TombstoneCopy = z.object({
  tombstoneId: z.string(),
  /** One that somebody has spoiled by hand still says that an account was deleted. */
  erasureId: z.string().catch(() => newId('tmb')),
  deletedAt: z.iso.datetime(),
  /** The same by a key of its own: after `JWT_SECRET` has been changed, nobody can tell by the first whom it stands for. */
  secondName: z.string().nullable().default(null),
});
export type TombstoneCopy = z.output<typeof TombstoneCopy>;

/** Safe to repeat and twice at once. An idle one reads two documents. @returns how many were written */
export async function copyTombstones({ clock }: Pick<World, 'clock'>): Promise<number> {
  const from = await readPosition();
  const found = await findBehind(from, PAGE);
  for (const tombstone of found) await copyOne(tombstone);
  const last = found.at(-1);
  if (!last) return 0;
  // Whole pages go on with the last, for others may be of the same moment; with less, the overlap is looked through again until it has passed.
  const lastMs = deletedMs(last);
  const quietMs = clock.now() - OVERLAP_MS;
  const copiedToMs =
    found.length === PAGE ? Math.max(lastMs - 1, deletedMs(found[0]!)) : Math.min(lastMs, Math.max(from.getTime(), quietMs));
  await (await database()).doc(POSITION).set({ copiedToAt: new Date(copiedToMs) });
  return found.length;
}

/** How long the oldest one has waited that is not known to be copied; those of the overlap are among them. Reads two documents. */
export async function uncopiedForMs({ clock }: Pick<World, 'clock'>): Promise<number> {
  if (config().BACKUP_BUCKET === undefined) return 0;
  const [oldest] = await findBehind(await readPosition(), 1);
  return oldest ? clock.now() - deletedMs(oldest) : 0;
}

async function readPosition(): Promise<Date> {
  const reached = fromDocument((await (await database()).doc(POSITION).get()).data() ?? {})['copiedToAt'];
  return new Date(typeof reached === 'string' ? Date.parse(reached) : 0);
}

async function findBehind(position: Date, limit: number): Promise<QueryDocumentSnapshot[]> {
  const tombstones = (await database()).collection('tombstones');
  return (await tombstones.where('deletedAt', '>', position).orderBy('deletedAt').limit(limit).get()).docs;
}

/** The query has seen that it is a time. */
function deletedMs(tombstone: QueryDocumentSnapshot): number {
  return (tombstone.get('deletedAt') as { toMillis(): number }).toMillis();
}

/**
 * What stands under its name already, be it damaged or of another deletion of the same account, stays: this one stands beside it, and holds
 * up no other. A repetition finds its own, from a time when more was known.
 */
async function copyOne(tombstone: QueryDocumentSnapshot): Promise<void> {
  const known = TombstoneCopy.parse({ ...fromDocument(tombstone.data()), tombstoneId: tombstone.id });
  const { tombstoneId, erasureId } = known;
  const copy = { ...known, secondName: await findSecondName(erasureId) };
  for (const name of [tombstoneName(tombstoneId), tombstoneName(`${tombstoneId}_${erasureId}`)]) {
    try {
      return void (await writeJson(name, copy));
    } catch (error) {
      if (!isTaken(error)) throw error;
      if ((await readCopy(name)).erasureId === erasureId) return;
    }
  }
  log.error('tombstone_not_copied', { tombstoneId, erasureId });
}

/** As long as his account is being erased, it is known whose it was. */
async function findSecondName(erasureId: string): Promise<string | null> {
  const uid: unknown = (await erasureRef(await database(), erasureId).get()).get('uid');
  return typeof uid === 'string' ? secondTombstoneName(uid) : null;
}

/** By `BACKUP_SECRET`, without which no account comes back from a backup anyway. */
export function secondTombstoneName(uid: string): string {
  return createHmac('sha256', required('BACKUP_SECRET')).update(`tombstone:${uid}`).digest('hex');
}

function isTaken(error: unknown): boolean {
  return error instanceof MediaFault && error.kind === 'damaged';
}

/**
 * A copy goes when no backup is left that has the account: each that stands in the bucket, a held one of long ago too, is of a time after
 * the copy was made.
 */
export async function removeOldTombstones(now: Date): Promise<number> {
  const [oldest] = await listManifests();
  if (!oldest) return 0;
  const before = Math.min(now.getTime() - COPY_KEPT_MS, Date.parse(oldest.snapshotAt));
  const names: string[] = [];
  for await (const { name, createdAt } of backupStore().list('tombstones/')) {
    if (createdAt.getTime() < before && names.length < MOST_REMOVED) names.push(name);
  }
  await removeAll(names);
  return names.length;
}

/** All there are, for a restore. One that is damaged still says by its name that an account was deleted. */
export async function listTombstoneCopies(): Promise<TombstoneCopy[]> {
  const copies: TombstoneCopy[] = [];
  await inParallel(await listObjects('tombstones/'), READ_AT_ONCE, async ({ name }) => {
    copies.push(await readCopy(name));
  });
  return copies;
}

async function readCopy(name: string): Promise<TombstoneCopy> {
  try {
    return await readJson(name, TombstoneCopy);
  } catch (error) {
    if (error instanceof MediaFault && error.kind !== 'damaged') throw error;
    const [, tombstoneId = name] = /^tombstones\/([^_.]+)/.exec(name) ?? [];
    log.error('tombstone_copy_damaged', { name, error });
    return { tombstoneId, erasureId: newId('tmb'), deletedAt: new Date(0).toISOString(), secondName: null };
  }
}
