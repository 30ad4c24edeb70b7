/**
 * Who may write a document of `generationWork`, and for how long.
 *
 * A worker claims what is due: the claim raises the fence and puts `dueAt` to the end of the lease, so nobody else finds it
 * meanwhile. Every later write names its fence; one under an old number is refused.
 */
import { fromDocument, log, transact, type World } from '#shared/runtime';
import type { Bounds } from './bounds.ts';
import { dueAtMs, readWork, storable, write } from './store.ts';
import { type Change, hold } from './transitions.ts';
import { Task, WORK, type Work } from './work.ts';
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

/** Takes one that is due, unless another was quicker. `then` decides what the claim itself already changes. */
export function claim(
  id: string,
  { clock }: World,
  bounds: Bounds,
  then: (work: Work, now: Date) => Change | undefined,
): Promise<Lease<Task> | undefined> {
  const endsAtMs = clock.monotonicMs() + bounds.leaseMs;
  return transact(async (transaction, db) => {
    const now = new Date(clock.now());
    const ref = db.collection(WORK).doc(id);
    const snapshot = await transaction.get(ref);
    const data = snapshot.data();
    if (!data?.['dueAt'] || dueAtMs(snapshot) > now.getTime()) return undefined;
    const parsed = Task.safeParse(fromDocument(data));
    if (!parsed.success) {
      log.error('generation_work_unreadable', { id, fields: parsed.error.issues.map(({ path }) => path.join('.')) });
      transaction.update(ref, { dueAt: new Date(now.getTime() + UNREADABLE_MS) }); // out of the way of the others
      return undefined;
    }
    const fence = parsed.data.fence + 1;
    const record: Task = { ...parsed.data, fence, dueAt: new Date(now.getTime() + bounds.leaseMs).toISOString() };
    const change = record.kind === 'generation' ? then(record, now) : undefined;
    if (change) await write(transaction, db, change, now);
    else transaction.set(ref, storable(record));
    return { id, fence, endsAtMs, record: change?.work ?? record, turn: Promise.resolve() };
  });
}

const UNREADABLE_MS = 60 * 60_000;

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
