/**
 * Copies of tombstones in the backup bucket. A database that is lost takes with it who has deleted his account since the last backup, and
 * a restore must not bring him back (G15). They name nobody: each is a keyed hash and a random id.
 */
import { z } from 'zod';
import { database, fromDocument, type World } from '#shared/runtime';
import { listObjects, readJson, tombstoneName, writeJson } from './bucket.ts';

const POSITION = 'jobRuns/copyTombstones';
/** Times are those of the instances that wrote them: a slow one may come in behind. */
const OVERLAP_MS = 10 * 60_000;
const PAGE = 100;

const TombstoneCopy = z.object({ tombstoneId: z.string(), erasureId: z.string(), deletedAt: z.iso.datetime() });
export type TombstoneCopy = z.output<typeof TombstoneCopy>;

/** Safe to repeat and twice at once. An idle one reads two documents. @returns how many were written */
export async function copyTombstones({ clock }: Pick<World, 'clock'>): Promise<number> {
  const db = await database();
  const reached = fromDocument((await db.doc(POSITION).get()).data() ?? {})['copiedToAt'];
  const from = new Date(typeof reached === 'string' ? Date.parse(reached) : 0);
  const { docs } = await db.collection('tombstones').where('deletedAt', '>', from).orderBy('deletedAt').limit(PAGE).get();
  let copied = 0;
  let last: string | undefined;
  for (const found of docs) {
    const copy = TombstoneCopy.safeParse({ tombstoneId: found.id, ...fromDocument(found.data()) }).data;
    if (!copy) continue;
    await writeJson(tombstoneName(copy.tombstoneId), copy);
    last = copy.deletedAt;
    copied += 1;
  }
  // Whole pages go on behind the last; with less, the overlap is looked through again until it has passed.
  const quietMs = clock.now() - OVERLAP_MS;
  if (last !== undefined) {
    const copiedToMs = docs.length === PAGE ? Date.parse(last) : Math.min(Date.parse(last), Math.max(from.getTime(), quietMs));
    await db.doc(POSITION).set({ copiedToAt: new Date(copiedToMs) });
  }
  return copied;
}

/** All there are, for a restore. */
export async function listTombstoneCopies(): Promise<TombstoneCopy[]> {
  const copies: TombstoneCopy[] = [];
  for (const { name } of await listObjects('tombstones/')) copies.push(await readJson(name, TombstoneCopy));
  return copies;
}
