/**
 * For callers who can go on with what was known while the database is away: who holds a ticket (docs/failures.md).
 *
 * Whether it is away is asked of it alone, by `availability`: what else is slow is waited for as ever. For 5 s after a look that
 * failed nobody waits for another one.
 */
import { type Cache, type Clock, DeadlineExceeded, within } from '#shared/runtime';
import { availability } from './features.ts';

// grpc.github.io/grpc/core/md_doc_statuscodes.html: deadline exceeded, resource exhausted, aborted, unavailable
const GRPC_OUTAGE = new Set<unknown>([4, 8, 10, 14]);
/** Music is to begin soon: longer nobody waits for what is known already. */
const LIMIT_MS = 1_500;
const WHAT = 'the database';

/** Whether the database did not answer, or could not. What it answered, however bad, is no outage. */
export function isOutage(thrown: unknown): boolean {
  return thrown instanceof DeadlineExceeded || GRPC_OUTAGE.has((thrown as { code?: unknown } | null)?.code);
}

/**
 * What `ask` brings; while the database is away, what `known` remembers under the key, however old.
 *
 * @param ask - reads it, and has `known` remember it
 * @returns undefined when the database is away and nothing is known
 * @throws when the database is away, and it was changed here since it was last read
 */
export async function askOrRecall<Value extends object>(
  known: Cache<Value>,
  key: string,
  clock: Clock,
  ask: () => Promise<Value>,
): Promise<Value | undefined> {
  const asked = await askUnlessAway(clock, ask);
  if (asked) return asked;
  if (known.isForgotten(key)) throw new DeadlineExceeded(WHAT, LIMIT_MS);
  return known.lastKnown(key);
}

async function askUnlessAway<Value extends object>(clock: Clock, ask: () => Promise<Value>): Promise<Value | undefined> {
  if (await isAway(clock)) return undefined;
  const asking = ask();
  try {
    return await within(LIMIT_MS, WHAT, asking);
  } catch (error) {
    if (!isOutage(error)) throw error;
    return (await isAway(clock, { isFresh: true })) ? undefined : await asking;
  }
}

async function isAway(clock: Clock, { isFresh = false } = {}): Promise<boolean> {
  return !(await availability(clock, { isFresh, limitMs: LIMIT_MS })).isDatabaseUp;
}
