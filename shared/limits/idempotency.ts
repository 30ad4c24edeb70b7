/**
 * `Idempotency-Key`: the same request sent twice does its work once.
 *
 * The record is written in the handler's own transaction, so it stands exactly when the work does. It holds ids, never
 * bodies or tokens; the answer to a repetition is read again, with the caller's rights.
 */
import { createHash } from 'node:crypto';
import type { DocumentSnapshot, Firestore, Timestamp, Transaction } from '@google-cloud/firestore';
import { z } from 'zod';
import { problem } from '#shared/runtime';

const KEPT_MS = 24 * 60 * 60_000;

const Recorded = z.object({
  requestHash: z.string(),
  ids: z.record(z.string(), z.string()),
  expireAt: z.custom<Timestamp>((value) => typeof value === 'object' && value !== null && 'toMillis' in value),
});

export interface KeyedRequest {
  uid: string;
  functionName: string;
  key: string;
  input: unknown;
}

/** A request's claim to be done once. Without a key, `read` finds nothing and `write` writes nothing. */
export class Claim {
  /** Whether the work had been done before. */
  wasReplayed = false;
  readonly #id: string | undefined;
  readonly #ownerHash: string;
  readonly #requestHash: string;

  constructor(request: KeyedRequest | undefined) {
    this.#id = request && hash([request.uid, request.functionName, request.key]);
    this.#ownerHash = request ? ownerHashOf(request.uid) : ''; // most requests have no key, and then nothing is written
    this.#requestHash = request ? hash(request.input) : '';
  }

  /** The document to read in the transaction, if there is a key. */
  ref(db: Firestore) {
    return this.#id === undefined ? undefined : db.doc(`idempotency/${this.#id}`);
  }

  /**
   * @returns the ids of what the first request made, if there was one
   * @throws `idempotency_key_reused` when the first request was another one
   */
  check(snapshot: DocumentSnapshot | undefined): Record<string, string> | undefined {
    const recorded = Recorded.safeParse(snapshot?.data()).data;
    if (!snapshot || !recorded || recorded.expireAt.toMillis() <= snapshot.readTime.toMillis()) return undefined;
    if (recorded.requestHash !== this.#requestHash) throw problem('idempotency_key_reused');
    this.wasReplayed = true;
    return recorded.ids;
  }

  write(transaction: Transaction, db: Firestore, ids: Record<string, string>, now: Date): void {
    const ref = this.ref(db);
    if (ref)
      transaction.set(ref, {
        ownerHash: this.#ownerHash,
        requestHash: this.#requestHash,
        ids,
        expireAt: new Date(now.getTime() + KEPT_MS),
      });
  }
}

/** By it a person's records are found when the account goes. */
export function ownerHashOf(uid: string): string {
  return hash(['owner', uid]);
}

function hash(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(value, (_key, field: unknown) => sorted(field)) ?? '')
    .digest('hex');
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
