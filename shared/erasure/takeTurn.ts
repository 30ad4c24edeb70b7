import type { Firestore, QueryDocumentSnapshot, Transaction } from '@google-cloud/firestore';
import { fromDocument, isConflict, log, toDocument, transact, type World } from '#shared/runtime';
import { Erasure, type ErasureDone } from './record.ts';

/** The right to move one erasure on, for a while. */
export interface Turn {
  erasure: Erasure;
  /** Runs `work` in a transaction that fails as soon as somebody else has taken over. @throws {TurnLost} */
  run<T>(work: (transaction: Transaction, db: Firestore) => Promise<T>): Promise<T>;
  /** Writes down how far it has come. @throws {TurnLost} */
  write(change: Partial<Erasure>): Promise<void>;
  /** The last word: the record is another from then on. @throws {TurnLost} */
  end(done: ErasureDone): Promise<void>;
}

/** Its time ran out, and another has taken over. However late this is noticed, nothing more is written. */
export class TurnLost extends Error {
  override name = 'TurnLost';
}

const UNREADABLE_MS = 60 * 60_000;

/** @returns undefined when another was quicker, or when the record cannot be read */
export async function takeTurn(found: QueryDocumentSnapshot, { clock, newId }: World, leaseMs: number): Promise<Turn | undefined> {
  const { ref, id } = found;
  const claimId = newId('clm');
  const inMs = (ms: number) => new Date(clock.now() + ms).toISOString();
  const erasure = Erasure.safeParse(fromDocument(found.data())).data;
  if (!erasure) log.error('erasure_unreadable', { erasureId: id });
  const claim = erasure ? { claimId, dueAt: inMs(leaseMs) } : { dueAt: inMs(UNREADABLE_MS) };
  try {
    await ref.update(toDocument(claim), { lastUpdateTime: found.updateTime });
  } catch (error) {
    if (isConflict(error)) return undefined;
    throw error;
  }
  const run: Turn['run'] = (work) =>
    transact(async (transaction, db) => {
      if ((await transaction.get(ref)).get('claimId') !== claimId) throw new TurnLost(id);
      return work(transaction, db);
    });
  return (
    erasure && {
      erasure,
      run,
      write: (change) => run((transaction) => Promise.resolve(void transaction.update(ref, toDocument(change)))),
      end: (done) => run((transaction) => Promise.resolve(void transaction.set(ref, toDocument(done)))),
    }
  );
}
