/**
 * Who may write a document of `generationWork`, and for how long.
 *
 * A worker claims what is due: the claim raises the fence and puts `dueAt` to the end of the lease, so nobody else finds it
 * meanwhile. Every later write names its fence; one under an old number is refused.
 */
import type { DocumentSnapshot, QueryDocumentSnapshot } from '@google-cloud/firestore';
import { database, fromDocument, isConflict, log, toDocument, transact, type World } from '#shared/runtime';
import { type Bounds, later } from './bounds.ts';
import { type Due, readWork, storable, viewRef, write } from './store.ts';
import { type Change, hold } from './transitions.ts';
import { Task, viewOf, WORK, type Work } from './work.ts';
import type { Worker } from './worker.ts';

/** The right to write one document of `generationWork`, for a while. */
export interface Lease<Record extends Task> {
  id: string;
  record: Record;
  fence: number;
  /** By the monotonic clock of this process. */
  endsAtMs: number;
  /** Ends when nobody here is writing it. */
  turn: Promise<unknown>;
}

/** The lease was lost: it ran out and another worker took over, or the owner cancelled. Whatever was in hand is to be discarded. */
export class LeaseLost extends Error {
  override name = 'LeaseLost';
  constructor(id: string, options?: ErrorOptions) {
    super(id, options);
  }
}

type AtClaim = (work: Work, now: Date) => Change | undefined;

/**
 * Takes one that is due, unless another was quicker. It is written if it stands as it was found: workers that want the same one
 * at once do not wait for each other, as they would in transactions.
 *
 * @param then - decides what the claim itself already changes
 */
export async function claim(
  { id, snapshot }: Due,
  { clock, newId }: World,
  bounds: Bounds,
  then: AtClaim,
): Promise<Lease<Task> | undefined> {
  const endsAtMs = clock.monotonicMs() + bounds.leaseMs;
  const now = new Date(clock.now());
  const found = parse(snapshot);
  if (!found) return putAside(snapshot, now);
  const claimId = newId('clm');
  const claimed: Task = { ...found, fence: found.fence + 1, claimId, dueAt: later(now, bounds.leaseMs) };
  const change = claimed.kind === 'generation' ? then(claimed, now) : undefined;
  const stored = (await storeClaim(snapshot, change?.work ?? claimed, change, now))
    ? (change?.work ?? claimed)
    : await findClaim(snapshot, claimId);
  return stored && { id, record: stored, fence: stored.fence, endsAtMs, turn: Promise.resolve() };
}

/** @returns false when it is not known to be stored */
async function storeClaim(snapshot: QueryDocumentSnapshot, task: Task, change: Change | undefined, now: Date): Promise<boolean> {
  const isMore = change && (change.credit || change.charge || change.songs.length > 0);
  try {
    if (isMore) return await storeWithChange(snapshot, change, now);
    const db = await database();
    const batch = db.batch();
    batch.update(snapshot.ref, storable(task), { lastUpdateTime: snapshot.updateTime });
    if (change) batch.set(viewRef(db, change.work), toDocument(viewOf(change.work)));
    await batch.commit();
    return true;
  } catch (error) {
    if (!isConflict(error)) log.warn('claim_not_stored', { id: snapshot.id, error });
    return false;
  }
}

/** What ends a request writes its credit too, which has to be read first. */
function storeWithChange(snapshot: QueryDocumentSnapshot, change: Change, now: Date): Promise<boolean> {
  return transact(async (transaction, db) => {
    const { updateTime } = await transaction.get(snapshot.ref);
    if (!updateTime?.isEqual(snapshot.updateTime)) return false;
    await write(transaction, db, change, now);
    return true;
  });
}

/** The answer to a write may be lost: then the claim stands under its name all the same. */
async function findClaim({ ref }: QueryDocumentSnapshot, claimId: string): Promise<Task | undefined> {
  const task = parse(await ref.get());
  return task?.claimId === claimId ? task : undefined;
}

function parse(snapshot: DocumentSnapshot): Task | undefined {
  return Task.safeParse(fromDocument(snapshot.data() ?? {})).data;
}

const UNREADABLE_MS = 60 * 60_000;

/** What cannot be read must not be in the way of the others. */
async function putAside(snapshot: QueryDocumentSnapshot, now: Date): Promise<undefined> {
  const { id, ref, updateTime } = snapshot;
  const issues = Task.safeParse(fromDocument(snapshot.data())).error?.issues ?? [];
  log.error('generation_work_unreadable', { id, fields: issues.map(({ path }) => path.join('.')) });
  await ref.update({ dueAt: new Date(now.getTime() + UNREADABLE_MS) }, { lastUpdateTime: updateTime });
}

/**
 * Writes a change under the lease, one after the other: both songs of a request are stored at once, and transactions that meet
 * in the database wait for each other much longer than here.
 *
 * @returns what is stored now. @throws {LeaseLost}
 */
export function commit(lease: Lease<Work>, { clock }: Pick<World, 'clock'>, decide: (work: Work, now: Date) => Change): Promise<Work> {
  const written = lease.turn.then(() =>
    transact(async (transaction, db) => {
      const now = new Date(clock.now());
      const work = await readWork(transaction, db, lease.id);
      if (work?.fence !== lease.fence) throw new LeaseLost(lease.id);
      const change = decide(work, now);
      await write(transaction, db, change, now, work);
      return change.work;
    }),
  );
  lease.turn = written.catch(() => undefined);
  return written.then((work) => {
    lease.record = work;
    return work;
  });
}

/** Removes a discard or probe that is done. */
export function finish({ id, fence }: Lease<Task>): Promise<void> {
  return transact(async (transaction, db) => {
    const ref = db.collection(WORK).doc(id);
    if ((await transaction.get(ref)).get('fence') === fence) transaction.delete(ref);
  });
}

/** Puts back a discard or probe that could not be done now. */
export function postpone({ id, fence }: Lease<Task>, dueAt: Date): Promise<void> {
  return transact(async (transaction, db) => {
    const ref = db.collection(WORK).doc(id);
    if ((await transaction.get(ref)).get('fence') === fence) transaction.update(ref, { dueAt });
  });
}

/** The worker is being stopped. What it has in hand is for another one to do. */
export class Stopped extends Error {
  override name = 'Stopped';
}

/** Says nothing about the song: it is to be begun anew, and no try is counted. */
export function isNobodysFault(error: unknown): boolean {
  return error instanceof LeaseLost || error instanceof Stopped;
}

/**
 * Does a piece of work that may take longer than the lease: renews it beside, and aborts the work when it is lost.
 *
 * @throws {LeaseLost | Stopped} whatever the work says of being aborted
 */
export async function whileHolding<T>(
  { world: { clock, ...world }, bounds, signal }: Worker,
  lease: Lease<Work>,
  piece: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const done = new AbortController();
  const lost = new AbortController();
  const lose = (cause?: unknown) => lost.abort(new LeaseLost(lease.id, { cause }));
  const beside = [renew().catch(lose), expire()];
  try {
    return await piece(AbortSignal.any([lost.signal, signal]));
  } catch (error) {
    lost.signal.throwIfAborted();
    throw signal.aborted ? new Stopped() : error;
  } finally {
    done.abort();
    await Promise.all(beside);
  }

  async function renew(): Promise<void> {
    for (;;) {
      await clock.sleep(bounds.leaseMs / 3, done.signal);
      if (done.signal.aborted) return;
      const renewedAtMs = clock.monotonicMs();
      await commit(lease, { clock, ...world }, (work, now) => hold({ work, songs: [] }, now, bounds));
      lease.endsAtMs = renewedAtMs + bounds.leaseMs;
    }
  }

  /** A renewal that hangs is none: whoever cannot prove that he holds it stops. */
  async function expire(): Promise<void> {
    while (!done.signal.aborted) {
      const leftMs = lease.endsAtMs - clock.monotonicMs();
      if (leftMs <= 0) return lose();
      await clock.sleep(leftMs, done.signal);
    }
  }
}
