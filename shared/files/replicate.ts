/** Carries every object to every store, and removes those that nobody is to have. The journal is `files/`. */
import type { QueryDocumentSnapshot } from '@google-cloud/firestore';
import { MediaFault, mediaStores } from '#shared/media';
import { database, log, toDocument, type World } from '#shared/runtime';
import { copyObject } from './copyObject.ts';
import { FILES, type FileObject, type FileRecord } from './schema.ts';
import { missingIn, readFile } from './store.ts';

export const REPLICATION_BOUNDS = {
  /** One run. What it has begun by then is given so long to end as a file may take. */
  passMs: 50_000,
  /** Looked for at once, and worked on side by side. */
  batch: 50,
  atOnce: 4,
  /** No file takes so long; after it another run may take it over. */
  leaseMs: 120_000,
  backoffMs: { first: 5_000, factor: 2, most: 15 * 60_000 },
};
export type ReplicationBounds = typeof REPLICATION_BOUNDS;

export interface Replication {
  world: World;
  signal: AbortSignal;
  bounds: ReplicationBounds;
}

export interface ReplicationCount {
  copied: number;
  deleted: number;
  failed: number;
}

/**
 * Works on what is due, oldest first, until nothing is or the run's time is up. Any number of runs may overlap: objects never
 * change, a copy that is there already is only checked, and nothing is ever written over another object.
 */
export async function replicateFiles(replication: Replication): Promise<ReplicationCount> {
  const { world, signal, bounds } = replication;
  const endsAtMs = world.clock.monotonicMs() + bounds.passMs;
  const isOver = () => signal.aborted || world.clock.monotonicMs() >= endsAtMs;
  const count: ReplicationCount = { copied: 0, deleted: 0, failed: 0 };
  while (!isOver()) {
    const due = await listDue(new Date(world.clock.now()), bounds.batch);
    const queue = due.values();
    const work = async () => {
      for (const snapshot of queue) if (!isOver()) await workOn(snapshot, replication, count);
    };
    await Promise.all(Array.from({ length: bounds.atOnce }, work));
    if (due.length < bounds.batch) break;
  }
  return count;
}

async function listDue(now: Date, limit: number): Promise<QueryDocumentSnapshot[]> {
  const db = await database();
  return (await db.collection(FILES).where('dueAt', '<=', now).orderBy('dueAt').limit(limit).get()).docs;
}

/** One that goes wrong is tried again later, and keeps no other waiting. */
async function workOn(snapshot: QueryDocumentSnapshot, replication: Replication, count: ReplicationCount): Promise<void> {
  try {
    const claim = await takeOver(snapshot, replication);
    if (!claim) return;
    if (claim.record.state === 'deleted') await remove(claim, replication, count);
    else await copy(claim, replication, count);
  } catch (error) {
    count.failed += 1;
    log.warn('file_step_failed', { fileId: snapshot.id, error });
  }
}

interface Claim {
  record: FileRecord;
  /** Writes only while nobody else has. @returns false when somebody has */
  write(change: Partial<FileRecord> | 'delete'): Promise<boolean>;
}

/** @returns undefined when another run was quicker */
async function takeOver(snapshot: QueryDocumentSnapshot, { world, bounds }: Replication): Promise<Claim | undefined> {
  const record = readFile(snapshot.data());
  if (!record) return undefined;
  let lastUpdateTime = snapshot.updateTime;
  const write: Claim['write'] = (change) =>
    unlessChanged(async () => {
      if (change === 'delete') await snapshot.ref.delete({ lastUpdateTime });
      else lastUpdateTime = (await snapshot.ref.update(toDocument(change), { lastUpdateTime })).writeTime;
    });
  const isOurs = await write({ dueAt: new Date(world.clock.now() + bounds.leaseMs).toISOString() });
  return isOurs ? { record, write } : undefined;
}

/** Its other copies come from any store that has a good one. */
async function copy({ record, write }: Claim, replication: Replication, count: ReplicationCount): Promise<void> {
  const { world, signal } = replication;
  const objects: FileObject[] = [];
  let repairs = 0;
  let fault: MediaFault | undefined;
  for (const object of record.objects) {
    const copied = await copyObject(object, { world, signal, fileId: record.fileId });
    objects.push(copied.object);
    repairs += copied.lost;
    fault ??= copied.fault;
  }
  if (fault) log.warn('file_not_copied', { fileId: record.fileId, error: fault });
  const isComplete = objects.every((object) => missingIn(object).length === 0);
  const state = isComplete ? { tries: 0, dueAt: null } : again(record, replication);
  const isStored = await write({ objects, repairs: record.repairs + repairs, ...state });
  if (isComplete) count.copied += 1;
  else count.failed += 1;
  // Deleted meanwhile: whoever deletes may have looked before these copies came.
  if (!isStored && !(await isKept(record.fileId))) await removeFromAll(objects);
}

async function isKept(fileId: string): Promise<boolean> {
  const db = await database();
  return readFile((await db.collection(FILES).doc(fileId).get()).data())?.state === 'kept';
}

async function remove({ record, write }: Claim, replication: Replication, count: ReplicationCount): Promise<void> {
  try {
    await removeFromAll(record.objects);
    await write('delete');
    count.deleted += 1;
  } catch (error) {
    if (!(error instanceof MediaFault)) throw error;
    log.warn('file_not_removed', { fileId: record.fileId, error });
    count.failed += 1;
    await write(again(record, replication));
  }
}

/** All stores are tried, whatever one of them says. */
async function removeFromAll(objects: FileObject[]): Promise<void> {
  const ends = await Promise.allSettled(mediaStores().flatMap((store) => objects.map(({ name }) => store.delete(name))));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
}

function again({ tries }: FileRecord, { world, bounds }: Replication): Pick<FileRecord, 'tries' | 'dueAt'> {
  const { first, factor, most } = bounds.backoffMs;
  const waitMs = Math.min(most, first * factor ** tries) * (0.75 + world.random() / 2);
  return { tries: tries + 1, dueAt: new Date(world.clock.now() + waitMs).toISOString() };
}

// grpc.github.io/grpc/core/md_doc_statuscodes.html: not found, failed precondition
const CONFLICTS = new Set<unknown>([5, 9]);

async function unlessChanged(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (CONFLICTS.has((error as { code?: unknown } | null)?.code)) return false;
    throw error;
  }
}
