import { type Clock, database, problem } from '#shared/runtime';
import { look, MOST_TRIES, storeIfUnchanged } from './compareAndSet.ts';
import { type CallerRate, type Grant, grantLease, type RateDocument, RateDocumentSchema, type RateLimits } from './lease.ts';

export interface Lease extends Grant {
  /** Of the window, in monotonic milliseconds of this process. Never later than the window really ends. */
  endsAtMs: number;
}

interface Asking {
  uid: string;
  instanceId: string;
  rate: CallerRate;
}

/**
 * Takes a lease from the caller's document.
 *
 * @throws `rate_limited` when too many ask at once, and the database's failure
 */
export async function askForLease({ uid, ...asking }: Asking, limits: RateLimits, clock: Clock): Promise<Lease> {
  const db = await database();
  const ref = db.doc(`rateLimits/${uid}`);
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const askedAtMs = clock.monotonicMs(); // before the server's time of reading: the window never looks longer than it is
    const snapshot = await look(ref);
    const stored = RateDocumentSchema.safeParse(snapshot.data()).data;
    const grant = grantLease(stored, { ...asking, nowMs: snapshot.readTime.toMillis() }, limits);
    const lease = { ...grant, endsAtMs: askedAtMs + grant.windowLeftMs };
    if (grant.granted === 0 || (await storeIfUnchanged(snapshot, forStore(grant.document, limits.windowMs)))) return lease;
  }
  throw problem('rate_limited', { retryAfterS: 1 });
}

function forStore(document: RateDocument, windowMs: number): object {
  return { ...document, expireAt: new Date(document.windowStartMs + 2 * windowMs) };
}
