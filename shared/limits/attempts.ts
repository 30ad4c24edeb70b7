/**
 * Limits of guessing: failed sign-ins per account and per address, sign-ups per address.
 *
 * An attempt is counted before it is made and given back when it succeeds, so that a hundred at once pass no more than ten
 * one after another would.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { problem, transact } from '#shared/runtime';

export interface Attempt {
  /** What is counted: an e-mail, an address. Only its hash is stored. */
  of: string;
  kind: 'signInAccount' | 'signInAddress' | 'signUpAddress';
}

const bounds = {
  signInAccount: { most: 10, windowMs: 15 * 60_000 },
  signInAddress: { most: 60, windowMs: 60 * 60_000 },
  signUpAddress: { most: 200, windowMs: 60 * 60_000 },
} satisfies Record<Attempt['kind'], { most: number; windowMs: number }>;

const Counted = z.object({ windowStartMs: z.number(), count: z.number() });

/** Counts the attempts, all or none. @throws `too_many_attempts` */
export async function countAttempts(attempts: Attempt[]): Promise<void> {
  if (attempts.length === 0) return;
  await transact(async (transaction, db) => {
    const refs = attempts.map((attempt) => db.doc(path(attempt)));
    const snapshots = await transaction.getAll(...refs);
    snapshots.forEach((snapshot, index) => {
      const attempt = attempts[index];
      if (!attempt) return;
      const { most, windowMs } = bounds[attempt.kind];
      const nowMs = snapshot.readTime.toMillis();
      const stored = Counted.safeParse(snapshot.data()).data;
      const window = stored && nowMs < stored.windowStartMs + windowMs ? stored : { windowStartMs: nowMs, count: 0 };
      const endsAtMs = window.windowStartMs + windowMs;
      if (window.count >= most) throw problem('too_many_attempts', { retryAfterS: Math.ceil((endsAtMs - nowMs) / 1000) });
      transaction.set(snapshot.ref, { ...window, count: window.count + 1, expireAt: new Date(endsAtMs) });
    });
  });
}

/** Gives back what `countAttempts` counted, because the attempt was a good one. */
export async function forgiveAttempts(attempts: Attempt[]): Promise<void> {
  if (attempts.length === 0) return;
  await transact(async (transaction, db) => {
    const snapshots = await transaction.getAll(...attempts.map((attempt) => db.doc(path(attempt))));
    for (const snapshot of snapshots) {
      const stored = Counted.safeParse(snapshot.data()).data;
      if (stored && stored.count > 0) transaction.update(snapshot.ref, { count: stored.count - 1 });
    }
  });
}

function path({ kind, of }: Attempt): string {
  return `rateLimits/${kind}_${createHash('sha256').update(of).digest('hex').slice(0, 40)}`;
}
