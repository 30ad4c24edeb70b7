/**
 * Reads and writes of `generationWork`, and of all that is derived from it, in one transaction each.
 *
 * A worker claims what is due: the claim raises the fence and puts `dueAt` to the end of the lease, so nobody else finds it
 * meanwhile. Every later write names its fence; one under an old number is refused.
 */
import type { DocumentData, Firestore, Transaction } from '@google-cloud/firestore';
import { z } from 'zod';
import { endReservation, quotaRef } from '#shared/limits';
import { database, fromDocument, toDocument, transact, type World } from '#shared/runtime';
import type { Bounds } from './bounds.ts';
import { Generation } from './schema.ts';
import { writeSong } from './songEffects.ts';
import type { Change } from './transitions.ts';
import { viewOf, Work } from './work.ts';

const COLLECTION = 'generationWork';

/** The right to write one document of `generationWork`, for a while. */
export interface Lease<Record> {
  id: string;
  record: Record;
  fence: number;
  /** By the monotonic clock of this process. */
  endsAtMs: number;
}

/** The lease was lost: it ran out and another worker took over, or the owner cancelled. Whatever was in hand is to be discarded. */
export class LeaseLost extends Error {
  override name = 'LeaseLost';
}

/** Songs of which nothing is to remain in storage: `generationWork/discard_<songId>`. */
export const Discard = z.object({ kind: z.literal('discard'), songId: z.string(), fence: z.number(), dueAt: z.iso.datetime() });
/** The provider refuses us; it is asked from time to time whether it still does: `generationWork/probe_provider`. */
export const Probe = z.object({ kind: z.literal('probe'), fence: z.number(), dueAt: z.iso.datetime() });

const Record = z.discriminatedUnion('kind', [Work, Discard, Probe]);
export type Record = z.output<typeof Record>;

export interface Due {
  id: string;
  dueAtMs: number;
}

/** What is due first, a batch of it. One query, one read when there is nothing. */
export async function listDue(limit: number): Promise<Due[]> {
  const db = await database();
  const found = await db.collection(COLLECTION).orderBy('dueAt').limit(limit).select('dueAt').get();
  return found.docs.map((document) => ({ id: document.id, dueAtMs: document.get('dueAt').toMillis() }));
}

/** Takes one that is due, unless another was quicker. `then` decides what the claim itself already changes. */
export function claim(
  id: string,
  { clock }: World,
  bounds: Bounds,
  then: (work: Work, now: Date) => Change | undefined,
): Promise<Lease<Record> | undefined> {
  const endsAtMs = clock.monotonicMs() + bounds.leaseMs;
  return transact(async (transaction, db) => {
    const now = new Date(clock.now());
    const ref = db.collection(COLLECTION).doc(id);
    const data = (await transaction.get(ref)).data();
    if (!data?.['dueAt'] || data['dueAt'].toMillis() > now.getTime()) return undefined;
    const parsed = Record.safeParse(fromDocument(data));
    if (!parsed.success) {
      transaction.update(ref, { dueAt: new Date(now.getTime() + UNREADABLE_MS) }); // out of the way of the others
      throw new Error(`generationWork/${id} cannot be read`);
    }
    const fence = parsed.data.fence + 1;
    const record: Record = { ...parsed.data, fence, dueAt: new Date(now.getTime() + bounds.leaseMs).toISOString() };
    const change = record.kind === 'generation' ? then(record, now) : undefined;
    if (change) await write(transaction, db, change, now);
    else transaction.set(ref, storable(record));
    return { id, fence, endsAtMs, record: change?.work ?? record };
  });
}

const UNREADABLE_MS = 60 * 60_000;

/** Writes a change under the lease. @returns what is stored now. @throws {LeaseLost} */
export async function commit(lease: Lease<Work>, { clock }: World, decide: (work: Work, now: Date) => Change): Promise<Work> {
  lease.record = await transact(async (transaction, db) => {
    const now = new Date(clock.now());
    const work = await readWork(transaction, db, lease.id);
    if (work?.fence !== lease.fence) throw new LeaseLost(lease.id);
    const change = decide(work, now);
    await write(transaction, db, change, now, work);
    return change.work;
  });
  return lease.record;
}

/** Changes a request on its owner's behalf, whoever works on it. @returns undefined when there is none */
export function intervene(generationId: string, now: Date, decide: (work: Work) => Change | undefined): Promise<Work | undefined> {
  return transact(async (transaction, db) => {
    const work = await readWork(transaction, db, generationId);
    const change = work && decide(work);
    if (change) await write(transaction, db, change, now, work);
    return change?.work ?? work;
  });
}

/** Removes a discard or probe that is done. */
export async function finish(lease: Lease<Record>): Promise<void> {
  await transact(async (transaction, db) => {
    const ref = db.collection(COLLECTION).doc(lease.id);
    if ((await transaction.get(ref)).get('fence') === lease.fence) transaction.delete(ref);
  });
}

/** The first documents of a request. */
export function createWork(transaction: Transaction, db: Firestore, work: Work): void {
  transaction.create(db.collection(COLLECTION).doc(work.generationId), storable(work));
  transaction.create(db.doc(`generations/${work.generationId}`), toDocument(viewOf(work)));
}

export function createDiscard(transaction: Transaction, db: Firestore, songId: string, dueAt: Date): void {
  transaction.set(db.collection(COLLECTION).doc(`discard_${songId}`), { kind: 'discard', songId, fence: 0, dueAt });
}

export async function scheduleProbe(dueAt: Date): Promise<void> {
  const db = await database();
  await db.collection(COLLECTION).doc('probe_provider').set({ kind: 'probe', fence: 0, dueAt });
}

export async function readGeneration(generationId: string): Promise<Generation | undefined> {
  const db = await database();
  const data = (await db.doc(`generations/${generationId}`).get()).data();
  return data && Generation.parse(fromDocument(data));
}

async function readWork(transaction: Transaction, db: Firestore, id: string): Promise<Work | undefined> {
  const data = (await transaction.get(db.collection(COLLECTION).doc(id))).data();
  return data && Work.parse(fromDocument(data));
}

/** @param before - what stood there, when it may equal what clients see already: then their document is left alone */
async function write(transaction: Transaction, db: Firestore, { work, songs, credit }: Change, now: Date, before?: Work): Promise<void> {
  const { generationId, ownerId } = work;
  const quota = credit && (await transaction.get(quotaRef(db, ownerId))); // reads come before writes
  if (credit && quota) endReservation(transaction, db, { snapshot: quota, generationId, kind: credit, now });
  transaction.set(db.collection(COLLECTION).doc(generationId), storable(work));
  const view = viewOf(work);
  const isSeen = before !== undefined && JSON.stringify(viewOf(before)) === JSON.stringify(view);
  if (!isSeen) transaction.set(db.doc(`generations/${generationId}`), toDocument(view));
  for (const effect of songs) writeSong(transaction, db, work, effect, now);
}

/** A `dueAt` of null is left out: the index then does not hold the document, and idle work costs no query anything. */
function storable({ dueAt, ...record }: Record): DocumentData {
  return toDocument(dueAt === null ? record : { ...record, dueAt });
}
