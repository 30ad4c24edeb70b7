/**
 * Limits of guessing: failed sign-ins per account and per address, sign-ups per address; and of letters to reset a password.
 *
 * An attempt is counted before it is made and given back when it succeeds, so that a hundred at once pass no more than ten
 * one after another would.
 */
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { database, problem, required } from '#shared/runtime';
import { look, MOST_TRIES, storeIfUnchanged } from './compareAndSet.ts';

export interface Attempt {
  /** What is counted: an e-mail, an address. Only a hash with our key is stored: all there are could be tried against one without. */
  of: string;
  kind: 'signInAccount' | 'signInAddress' | 'signUpAddress' | 'resetAccount' | 'resetAddress';
}

const bounds = {
  signInAccount: { most: 10, windowMs: 15 * 60_000 },
  signInAddress: { most: 60, windowMs: 60 * 60_000 },
  signUpAddress: { most: 200, windowMs: 60 * 60_000 },
  resetAccount: { most: 5, windowMs: 60 * 60_000 },
  resetAddress: { most: 60, windowMs: 60 * 60_000 },
} satisfies Record<Attempt['kind'], { most: number; windowMs: number }>;

const Counted = z.object({ windowStartMs: z.number(), count: z.number() });
type Counted = z.output<typeof Counted>;

/** Counts the attempts, all or none. @throws `too_many_attempts` */
export async function countAttempts(attempts: Attempt[]): Promise<void> {
  const outcomes = await Promise.allSettled(attempts.map(countOne));
  const refused = outcomes.find((outcome) => outcome.status === 'rejected');
  if (!refused) return;
  await forgiveAttempts(attempts.filter((_attempt, index) => outcomes[index]?.status === 'fulfilled'));
  throw refused.reason;
}

/** Gives back what `countAttempts` counted, because the attempt was a good one. */
export async function forgiveAttempts(attempts: Attempt[]): Promise<void> {
  await Promise.all(attempts.map(forgiveOne));
}

async function countOne(attempt: Attempt): Promise<void> {
  const { most, windowMs } = bounds[attempt.kind];
  await change(attempt, (stored, nowMs) => {
    const window = stored && nowMs < stored.windowStartMs + windowMs ? stored : { windowStartMs: nowMs, count: 0 };
    const endsAtMs = window.windowStartMs + windowMs;
    if (window.count >= most) throw problem('too_many_attempts', { retryAfterS: Math.ceil((endsAtMs - nowMs) / 1000) });
    return { ...window, count: window.count + 1 };
  });
}

async function forgiveOne(attempt: Attempt): Promise<void> {
  await change(attempt, (stored) => (stored && stored.count > 0 ? { ...stored, count: stored.count - 1 } : undefined));
}

/** @param decide - gives the new count, from the stored one and the database's time; nothing is written for undefined */
async function change(attempt: Attempt, decide: (stored: Counted | undefined, nowMs: number) => Counted | undefined): Promise<void> {
  const ref = (await database()).doc(path(attempt));
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const snapshot = await look(ref);
    const counted = decide(Counted.safeParse(snapshot.data()).data, snapshot.readTime.toMillis());
    if (!counted) return;
    const expireAt = new Date(counted.windowStartMs + bounds[attempt.kind].windowMs);
    if (await storeIfUnchanged(snapshot, { ...counted, expireAt })) return;
  }
  throw problem('too_many_attempts', { retryAfterS: 1 });
}

/** Where the attempts on an account are counted, by its e-mail: they go with the account. */
export function attemptPaths(email: string): string[] {
  return [path({ kind: 'signInAccount', of: email }), path({ kind: 'resetAccount', of: email })];
}

function path({ kind, of }: Attempt): string {
  const name = createHmac('sha256', required('JWT_SECRET')).update(`${kind}:${of}`).digest('hex');
  return `rateLimits/${kind}_${name.slice(0, 40)}`;
}
