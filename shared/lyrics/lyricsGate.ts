/**
 * Whether the provider is asked for lyrics now: a breaker of their own, in `dependencies/lyrics`. It opens by time: nothing but
 * a request for lyrics shows whether they are written again. What is wrong with lyrics closes nothing else.
 */
import {
  afterFailure,
  afterSuccess,
  type BreakerBounds,
  type BreakerState,
  changeBreaker,
  down,
  notTried,
  onTrial,
  readBreaker,
  trying,
} from '#shared/limits';
import { log } from '#shared/runtime';

export const LYRICS_BOUNDS: BreakerBounds = { failures: 5, withinMs: 60_000, openMs: 15_000, trialMs: 60_000 };

const NAME = 'lyrics';
const CALL = 'lyrics';

/** To send one request. While lyrics are on trial this one is the trial, until then at most. */
export interface Permit {
  trialEndsAt: string | null;
  /** Whether a success changes anything. */
  isWatched: boolean;
}

/** One read while all is well. @returns undefined when none may be sent now */
export async function askToSend(now: Date): Promise<Permit | undefined> {
  const state = await readBreaker(NAME);
  const isWatched = state.isOnTrial || state.failures.length > 0;
  if (state.isUp && !state.isOnTrial) return { trialEndsAt: null, isWatched };
  if (!trialOf(state, now)) return undefined;
  let taken: BreakerState | undefined;
  await changeBreaker(NAME, (current) => {
    taken = trialOf(current, now);
    return taken ?? current;
  });
  return taken && { trialEndsAt: taken.trialEndsAt, isWatched: true };
}

/** Half open when it has been closed for long enough. */
function trialOf(state: BreakerState, now: Date): BreakerState | undefined {
  const isRested = state.triesAgainAt !== null && Date.parse(state.triesAgainAt) <= now.getTime();
  return trying(!state.isUp && isRested ? onTrial({ ...state, triesAgainAt: null }, now) : state, now, LYRICS_BOUNDS);
}

/** `silent` says nothing about whether it works: not sent, or too many requests. The last two hold for every request. */
export type Outcome = 'works' | 'fails' | 'silent' | 'out_of_credit' | 'refused';

/** Never rejects: whoever asked has his answer, whether it could be written down or not. */
export async function noteOutcome(outcome: Outcome, { trialEndsAt, isWatched }: Permit, now: Date): Promise<void> {
  const isNews = outcome === 'works' ? isWatched : outcome !== 'silent' || trialEndsAt !== null;
  if (!isNews) return;
  try {
    const { before, after } = await changeBreaker(NAME, (state) => next(notTried(state, trialEndsAt), outcome, now));
    tell(before, after);
  } catch (error) {
    log.warn('lyrics_state_not_written', { error });
  }
}

function next(state: BreakerState, outcome: Outcome, now: Date): BreakerState {
  if (outcome === 'silent') return state;
  if (outcome === 'works') return afterSuccess(state, CALL, now);
  const after = outcome === 'fails' ? afterFailure(state, CALL, now, LYRICS_BOUNDS) : down(state, { why: outcome, unproven: [CALL] }, now);
  const isClosing = after !== state && !after.isUp;
  return isClosing ? { ...after, triesAgainAt: new Date(now.getTime() + LYRICS_BOUNDS.openMs).toISOString() } : after;
}

/** The operator is told when it closes, not each time it is tried in vain. */
function tell(before: BreakerState, after: BreakerState): void {
  const { why } = after;
  if (before.isUp && !after.isUp) {
    if (before.isOnTrial) log.warn('lyrics_still_closed', { why });
    else log.error('lyrics_closed', { why });
  }
  if (before.isOnTrial && after.isUp && !after.isOnTrial) log.info('lyrics_open', {});
}
