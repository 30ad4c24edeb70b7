/**
 * A circuit breaker that all instances share, in `dependencies/<name>`.
 *
 *     up → down:        five failures within a minute, or a refusal that holds for all
 *     down → on trial:  a probe has succeeded
 *     on trial → up:    each kind of call that had failed has succeeded
 *     on trial → down:  any failure
 *
 * While it is on trial, calls that cost something are made one at a time. Nobody writes while all goes well. Other parts of the
 * service read `isUp` and `changedAt`.
 */
import type { Firestore, Transaction } from '@google-cloud/firestore';
import { z } from 'zod';
import { database, fromDocument, toDocument, transact } from '#shared/runtime';

const State = z.object({
  isUp: z.boolean().default(true),
  changedAt: z.iso.datetime().nullable().default(null),
  /** While down: from when on it may be tried, where no probe says so. */
  triesAgainAt: z.iso.datetime().nullable().default(null),
  /** While down or on trial: what has closed it, for operators. */
  why: z.string().nullable().default(null),
  /** While down or on trial: the kinds of call that have failed, and not succeeded since. */
  unproven: z.array(z.string()).default([]),
  isOnTrial: z.boolean().default(false),
  /** Until when somebody makes a trial; he may die. Kept while down: he may still be waiting for his answer. */
  trialEndsAt: z.iso.datetime().nullable().default(null),
  failures: z.array(z.object({ call: z.string(), failedAt: z.iso.datetime() })).default([]),
});

export type BreakerState = z.output<typeof State>;

export interface BreakerBounds {
  failures: number;
  withinMs: number;
  /** From down to the probe. */
  openMs: number;
  /** A trial that has not ended by then is made by somebody else. */
  trialMs: number;
}

const UP = State.parse({});

// Each of these gives the very state that it was given when nothing changes.

export function afterFailure(state: BreakerState, call: string, now: Date, bounds: BreakerBounds): BreakerState {
  if (!state.isUp) return state;
  const recent = state.failures.filter(({ failedAt }) => Date.parse(failedAt) > now.getTime() - bounds.withinMs);
  const failures = [...recent, { call, failedAt: now.toISOString() }];
  if (!state.isOnTrial && failures.length < bounds.failures) return { ...state, failures };
  return down(state, { why: `${call}_fails`, unproven: failures.map((failure) => failure.call) }, now);
}

export function afterSuccess(state: BreakerState, call: string, now: Date): BreakerState {
  if (!state.isUp) return state;
  const unproven = state.unproven.filter((each) => each !== call);
  if (state.isOnTrial && unproven.length === 0) return { ...UP, changedAt: now.toISOString() };
  const failures = state.failures.filter((failure) => failure.call !== call);
  const isSame = unproven.length === state.unproven.length && failures.length === state.failures.length;
  return isSame ? state : { ...state, unproven, failures };
}

/** A second cause changes what operators read, and what must be proved. */
export function down(state: BreakerState, cause: Pick<BreakerState, 'why' | 'unproven'>, now: Date): BreakerState {
  if (!state.isUp && state.why === cause.why) return state;
  const unproven = [...new Set([...state.unproven, ...cause.unproven])];
  return { ...UP, isUp: false, why: cause.why, unproven, trialEndsAt: state.trialEndsAt, changedAt: now.toISOString() };
}

/** Half open: everything may be tried again, what costs something one at a time. */
export function onTrial(state: BreakerState, now: Date): BreakerState {
  return state.isUp ? state : { ...state, isUp: true, isOnTrial: true, changedAt: now.toISOString() };
}

/** Without a trial: the probe itself has proved it. */
export function upAgain(state: BreakerState, now: Date): BreakerState {
  return state.isUp ? state : { ...UP, changedAt: now.toISOString() };
}

/** Takes the one trial there is; once it is up, none is needed. @returns undefined when somebody else makes it, or it is down again */
export function trying(state: BreakerState, now: Date, bounds: Pick<BreakerBounds, 'trialMs'>): BreakerState | undefined {
  if (!state.isUp || isBeingTried(state, now)) return undefined;
  return state.isOnTrial ? { ...state, trialEndsAt: new Date(now.getTime() + bounds.trialMs).toISOString() } : state;
}

function isBeingTried({ isOnTrial, trialEndsAt }: BreakerState, now: Date): boolean {
  return isOnTrial && trialEndsAt !== null && Date.parse(trialEndsAt) > now.getTime();
}

/** The trial that was taken until then has ended, whatever it has shown: the next one may try. */
export function notTried(state: BreakerState, trialEndsAt: string | null): BreakerState {
  const isThat = trialEndsAt !== null && state.trialEndsAt === trialEndsAt;
  return isThat ? { ...state, trialEndsAt: null } : state;
}

function breakerRef(db: Firestore, name: string) {
  return db.doc(`dependencies/${name}`);
}

/** One read. What nobody has written, or what is no state, is up. */
export async function readBreaker(name: string): Promise<BreakerState> {
  const db = await database();
  return stateOf((await breakerRef(db, name).get()).data());
}

export interface BreakerChange {
  before: BreakerState;
  /** The same object when nothing has changed. */
  after: BreakerState;
}

/**
 * Changes the state in one transaction.
 *
 * @param along - what has to be written in the same transaction
 */
export function changeBreaker(
  name: string,
  decide: (state: BreakerState) => BreakerState,
  along?: (change: BreakerChange, transaction: Transaction, db: Firestore) => void,
): Promise<BreakerChange> {
  return transact(async (transaction, db) => {
    const ref = breakerRef(db, name);
    const before = stateOf((await transaction.get(ref)).data());
    const change = { before, after: decide(before) };
    if (change.after !== before) transaction.set(ref, toDocument(change.after));
    along?.(change, transaction, db);
    return change;
  });
}

function stateOf(data: Record<string, unknown> | undefined): BreakerState {
  return State.catch(UP).parse(fromDocument(data ?? {}));
}
