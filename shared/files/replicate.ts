/** Carries every object to every store, and removes those that nobody is to have. The journal is `files/`. */
import type { QueryDocumentSnapshot } from '@google-cloud/firestore';
import type { MediaFault } from '#shared/media';
import { database, inParallel, isConflict, log, toDocument, type World } from '#shared/runtime';
import { copyObject } from './copyObject.ts';
import { toFileRecord } from './records.ts';
import { FILES, type FileObject, type FileRecord } from './schema.ts';
import { fileRef, isIncomplete, readFile } from './store.ts';
import { StoresInUse, TookTooLong } from './storesInUse.ts';
import { isLoss } from './verifyCopy.ts';

export const REPLICATION_BOUNDS = {
  /** One run. What it has begun by then is given so long to end as a file may take. */
  passMs: 50_000,
  /** One run. Each costs two reads and two writes at most; with the probe of the storage, that is the budget of the function. */
  files: 200,
  /** Looked for at once, and worked on side by side. */
  batch: 50,
  atOnce: 4,
  /** A file that takes longer is let go, and tried again. */
  fileMs: 90_000,
  /** After it another run may take a file over: nobody who lives is still at it. */
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

interface Run extends Replication {
  stores: StoresInUse;
  count: ReplicationCount;
}

/**
 * Works on what is due, oldest first, until nothing is or the run has reached a bound. Any number of runs may overlap: objects never
 * change, a copy that is there already is only checked, and nothing is ever written over another object.
 */
export async function replicateFiles(replication: Replication): Promise<ReplicationCount> {
  const { world, signal, bounds } = replication;
  const endsAtMs = world.clock.monotonicMs() + bounds.passMs;
  const isOver = () => signal.aborted || world.clock.monotonicMs() >= endsAtMs;
  const run: Run = { ...replication, stores: new StoresInUse(), count: { copied: 0, deleted: 0, failed: 0 } };
  for (let left = bounds.files; left > 0 && !isOver(); ) {
    const asked = Math.min(bounds.batch, left);
    const due = await listDue(new Date(world.clock.now()), asked);
    left -= asked;
    await inParallel(due, bounds.atOnce, async (snapshot) => {
      if (!isOver()) await workOn(snapshot, run);
    });
    if (due.length < asked) break;
  }
  return run.count;
}

async function listDue(now: Date, limit: number): Promise<QueryDocumentSnapshot[]> {
  const db = await database();
  return (await db.collection(FILES).where('dueAt', '<=', now).orderBy('dueAt').limit(limit).get()).docs;
}

/** One that goes wrong is tried again later, and keeps no other waiting. */
async function workOn(snapshot: QueryDocumentSnapshot, run: Run): Promise<void> {
  try {
    const claim = await takeOver(snapshot, run);
    if (claim) await doItsStep(claim, run);
  } catch (error) {
    run.count.failed += 1;
    log.warn('file_step_failed', { fileId: snapshot.id, error });
  }
}

interface Claim {
  record: FileRecord;
  /** Writes only while nobody else has. @returns false when somebody has */
  write(change: Partial<FileRecord> | 'delete'): Promise<boolean>;
}

/** @returns undefined when another run was quicker, or when there is nothing that can be understood */
async function takeOver(snapshot: QueryDocumentSnapshot, { world, bounds, count }: Run): Promise<Claim | undefined> {
  let lastUpdateTime = snapshot.updateTime;
  const write: Claim['write'] = (change) =>
    unlessChanged(async () => {
      if (change === 'delete') await snapshot.ref.delete({ lastUpdateTime });
      else lastUpdateTime = (await snapshot.ref.update(toDocument(change), { lastUpdateTime })).writeTime;
    });
  const inMs = (ms: number) => new Date(world.clock.now() + ms).toISOString();
  const record = toFileRecord(snapshot);
  if (!record || record === 'unreadable') {
    log.error('file_record_unreadable', { fileId: snapshot.id });
    count.failed += 1;
    await write({ dueAt: inMs(bounds.backoffMs.most) }); // an operator may repair it; meanwhile it is in nobody's way
    return undefined;
  }
  return (await write({ dueAt: inMs(bounds.leaseMs) })) ? { record, write } : undefined;
}

async function doItsStep(claim: Claim, run: Run): Promise<void> {
  const { record, write } = claim;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(new TookTooLong('the file took too long')), run.bounds.fileMs);
  try {
    const limited = { ...run, signal: AbortSignal.any([run.signal, limit.signal]) };
    await (record.state === 'deleted' ? remove(claim, limited) : copy(claim, limited));
  } catch (error) {
    await write(again(record, run));
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Its other copies come from any store that has a good one. */
async function copy({ record, write }: Claim, run: Run): Promise<void> {
  const { fileId } = record;
  const objects: FileObject[] = [];
  const faults: MediaFault[] = [];
  let repairs = 0;
  for (const object of record.objects) {
    const copied = await copyObject(object, { ...run, fileId });
    objects.push(copied.object);
    repairs += copied.lost;
    if (copied.fault) faults.push(copied.fault);
  }
  const isComplete = !isIncomplete({ objects });
  const state = isComplete ? { tries: 0, dueAt: null } : again(record, run);
  const isStored = await write({ objects, repairs: record.repairs + repairs, ...state });
  // Deleted meanwhile: whoever deletes may have looked before these copies came.
  if (!isStored && !(await isKept(fileId))) return await removeFromAll(objects, run);
  run.count[isComplete ? 'copied' : 'failed'] += 1;
  const worst = faults.find(isLoss);
  if (worst && isStored) log.error('media_object_lost', { fileId, error: worst });
  else if (!isComplete) log.warn('file_not_copied', { fileId, error: faults[0] });
}

async function isKept(fileId: string): Promise<boolean> {
  const db = await database();
  return readFile((await fileRef(db, fileId).get()).data())?.state === 'kept';
}

async function remove({ record, write }: Claim, run: Run): Promise<void> {
  await removeFromAll(record.objects, run);
  await write('delete');
  run.count.deleted += 1;
}

/** All stores are tried, whatever one of them says. */
async function removeFromAll(objects: FileObject[], { stores, signal }: Run): Promise<void> {
  const removals = stores.all.flatMap((store) => objects.map(({ name }) => stores.ask(store, () => orAborted(store.delete(name), signal))));
  const failed = (await Promise.allSettled(removals)).find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
}

/** What has been begun and cannot be stopped ends by itself, and then nobody waits for it. */
function orAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<never>((_resolve, reject) => {
    const end = () => reject(signal.reason);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
  return Promise.race([work, aborted]);
}

function again({ tries }: FileRecord, { world, bounds }: Replication): Pick<FileRecord, 'tries' | 'dueAt'> {
  const { first, factor, most } = bounds.backoffMs;
  const waitMs = Math.min(most, first * factor ** tries) * (0.75 + world.random() / 2);
  return { tries: tries + 1, dueAt: new Date(world.clock.now() + waitMs).toISOString() };
}

async function unlessChanged(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    throw error;
  }
}
