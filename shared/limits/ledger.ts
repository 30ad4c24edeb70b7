/**
 * Credits: 1 credit is one accepted `createSong`. Every change is an immutable entry in `ledger/` under an id that can be
 * written only once, in the same transaction as the balance in `quotas/{uid}`: the balance is always the entries' sum (G3).
 *
 *     grant   +songsPerDay   at a day's first request      lapse    -what was left of the day before
 *     reserve -1             at createSong                 settle    0, release +1: the one or the other, once
 */
import type { DocumentReference, DocumentSnapshot, Firestore, Transaction } from '@google-cloud/firestore';
import { z } from 'zod';
import { config, problem, type ServiceSettings } from '#shared/runtime';
import { dayOf, endOfDay } from './day.ts';

const Quota = z.object({
  /** The day of the last grant, in the service's time zone. Before the first one, the document may hold other figures only. */
  grantedOn: z.string().default(''),
  balance: z.number().default(0),
  /** An operator's exception for this person. Nonsense, written by hand, is none. */
  songsPerDay: z.int().min(0).nullable().default(null).catch(null),
});

export interface Credits {
  balance: number;
  songsPerDay: number;
}

type EntryKind = 'grant' | 'lapse' | 'reserve' | 'settle' | 'release';

const AMOUNT = { reserve: -1, settle: 0, release: 1 } as const;

export function quotaRef(db: Firestore, uid: string): DocumentReference {
  return db.doc(`quotas/${uid}`);
}

type Usual = Pick<ServiceSettings, 'songsPerDay'>;

/** What the person has today, as the next request would find it. Writes nothing. @param usual - for whom there is no exception */
export function creditsOf(snapshot: DocumentSnapshot | undefined, usual: Usual, now: Date): Credits {
  const quota = Quota.safeParse(snapshot?.data()).data;
  const songsPerDay = quota?.songsPerDay ?? usual.songsPerDay;
  return { balance: quota && wasGranted(quota, now) ? quota.balance : songsPerDay, songsPerDay };
}

/** Also when the last grant is tomorrow's: a request of the last second may come to the database after one of the next day. */
function wasGranted({ grantedOn }: z.output<typeof Quota>, now: Date): boolean {
  return grantedOn >= dayOf(now);
}

/**
 * Takes one credit for a generation, after the day's grant if it is due.
 *
 * @param snapshot - the quota document, read in this transaction
 * @throws `daily_songs_reached`
 */
export function reserveCredit(
  transaction: Transaction,
  db: Firestore,
  { snapshot, generationId, usual, now }: { snapshot: DocumentSnapshot; generationId: string; usual: Usual; now: Date },
): void {
  const uid = snapshot.id;
  const { balance, songsPerDay } = creditsOf(snapshot, usual, now);
  if (balance < 1) {
    const resetsAt = endOfDay(now);
    const retryAfterS = Math.ceil((resetsAt.getTime() - now.getTime()) / 1000);
    throw problem('daily_songs_reached', { limit: songsPerDay, resetsAt: resetsAt.toISOString(), retryAfterS });
  }
  const grantedOn = grantIfDue(transaction, db, { snapshot, songsPerDay, now });
  addEntry(transaction, db, { id: `${generationId}_reserve`, uid, kind: 'reserve', amount: AMOUNT.reserve, generationId, now });
  transaction.set(snapshot.ref, { grantedOn, balance: balance - 1 }, { merge: true });
}

/**
 * Ends a reservation: `settle` when there is a song, `release` when there is none. The second end of the same reservation
 * fails the whole transaction; callers hold the generation's state against it.
 *
 * @param snapshot - the quota document, read in this transaction
 */
export function endReservation(
  transaction: Transaction,
  db: Firestore,
  { snapshot, generationId, kind, now }: { snapshot: DocumentSnapshot; generationId: string; kind: 'settle' | 'release'; now: Date },
): void {
  addEntry(transaction, db, { id: `${generationId}_end`, uid: snapshot.id, kind, amount: AMOUNT[kind], generationId, now });
  const quota = Quota.parse(snapshot.data());
  if (kind === 'release') transaction.set(snapshot.ref, { balance: quota.balance + AMOUNT.release }, { merge: true });
}

/** @returns the day of the last grant */
function grantIfDue(
  transaction: Transaction,
  db: Firestore,
  { snapshot, songsPerDay, now }: { snapshot: DocumentSnapshot; songsPerDay: number; now: Date },
): string {
  const quota = Quota.safeParse(snapshot.data()).data;
  if (quota && wasGranted(quota, now)) return quota.grantedOn;
  const today = dayOf(now);
  const uid = snapshot.id;
  if (quota && quota.balance !== 0)
    addEntry(transaction, db, { id: `${uid}_${today}_lapse`, uid, kind: 'lapse', amount: -quota.balance, now });
  addEntry(transaction, db, { id: `${uid}_${today}_grant`, uid, kind: 'grant', amount: songsPerDay, now });
  return today;
}

interface Entry {
  id: string;
  uid: string;
  kind: EntryKind;
  amount: number;
  generationId?: string;
  now: Date;
}

function addEntry(transaction: Transaction, db: Firestore, { id, generationId = '', now, ...entry }: Entry): void {
  const on = dayOf(now);
  transaction.create(db.doc(`ledger/${id}`), { ...entry, generationId, on, timeZone: config().SERVICE_TIME_ZONE, createdAt: now });
}
