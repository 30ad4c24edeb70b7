/**
 * For callers who can go on with what was known while the database is away: who holds a ticket (docs/failures.md).
 *
 * Whether it is away is asked of it alone, by `availability`: what else is slow is waited for as ever. For 5 s after a look that
 * failed nobody waits for another one.
 */
import { type Cache, type Clock, DeadlineExceeded, within } from '#shared/runtime';
import { availability, HURRY_MS, isOutage } from './features.ts';

/** Music is to begin soon: longer nobody waits for what is known already. What nobody knows is waited for as long as any look may take. */
const LIMITS_MS = { known: HURRY_MS, unknown: 5_000 };
const WHAT = 'the database';

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
  const limitMs = known.lastKnown(key) ? LIMITS_MS.known : LIMITS_MS.unknown;
  const asked = await askUnlessAway(clock, ask, limitMs);
  if (asked) return asked;
  if (known.isForgotten(key)) throw new DeadlineExceeded(WHAT, limitMs);
  return known.lastKnown(key);
}

async function askUnlessAway<Value extends object>(clock: Clock, ask: () => Promise<Value>, limitMs: number): Promise<Value | undefined> {
  if ((await availability(clock, { limitMs })).isDatabaseAway) return undefined;
  const asking = ask();
  try {
    return await within(limitMs, WHAT, asking);
  } catch (error) {
    if (!isOutage(error)) throw error;
    return (await availability(clock, { isFresh: true, limitMs })).isDatabaseAway ? undefined : await asking;
  }
}
