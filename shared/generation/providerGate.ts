/**
 * What of the provider's may be asked now: the breaker that all workers share, and the day's budget. While one of them is closed,
 * no order is sent, `createSong` answers 503, and a probe in `generationWork` looks whether it can be opened.
 */
import {
  afterFailure,
  afterSuccess,
  type BreakerState,
  changeBreaker,
  down,
  isFirstToWarn,
  notTried,
  readBreaker,
  readServiceBudget,
  type ServiceBudget,
  trying,
} from '#shared/limits';
import { log } from '#shared/runtime';
import { later } from './bounds.ts';
import { budgetProbeAt } from './probe.ts';
import type { FailureCode } from './schema.ts';
import { type Due, scheduleProbe } from './store.ts';
import type { Worker } from './worker.ts';

/** The calls that the breaker tells apart: a song is ordered, or it is asked how songs stand. */
type Call = 'order' | 'follow';

/** For one round of the worker. */
export interface Gate {
  provider: BreakerState;
  /** Counts down the orders that may leave in this round. */
  takeOrder(): boolean;
  /** What a request fails for in the end that may never be ordered. */
  closedBy: FailureCode;
}

/** What the dearest order costs. */
const DEAREST_CREDITS = 3;

/** One read, and three more when songs are to be ordered. */
export async function openGate(worker: Worker, due: Due[]): Promise<Gate> {
  const isOrdered = due.some(({ state }) => state === 'queued');
  const [provider, allowed] = await Promise.all([readBreaker('provider'), isOrdered ? ordersInBudget(worker) : 0]);
  const isFree = trying(provider, nowOf(worker), worker.bounds.breaker) !== undefined;
  let left = provider.isOnTrial ? Math.min(isFree ? 1 : 0, allowed) : allowed;
  return {
    provider,
    takeOrder: () => provider.isUp && left-- > 0,
    closedBy: provider.isUp && allowed === 0 ? 'service_budget_spent' : 'provider_unavailable',
  };
}

/** Orders that a worker has sent and not yet counted. Those of other workers are not known here: so far the budget may be overdrawn. */
const onTheWay = new WeakMap<Worker, number>();

/** From its first moment on, the order is counted in this worker's rounds. */
export async function whileOnTheWay(worker: Worker, order: () => Promise<void>): Promise<void> {
  const count = (by: number) => onTheWay.set(worker, (onTheWay.get(worker) ?? 0) + by);
  count(1);
  try {
    await order();
  } finally {
    count(-1);
  }
}

async function ordersInBudget(worker: Worker): Promise<number> {
  const [{ isUp }, budget] = await Promise.all([readBreaker('budget'), readServiceBudget(nowOf(worker))]);
  if (!isUp) return 0;
  const left = budget.limit - budget.used;
  if (left > 0) return Math.max(0, Math.ceil(left / DEAREST_CREDITS) - (onTheWay.get(worker) ?? 0));
  // By an order whose worker died, or an operator who allows less now.
  await closeBudget(worker, budget);
  return 0;
}

/** To send one order. */
export interface Permit {
  /** While the provider is on trial this order is the trial, until then at most. */
  trialEndsAt: string | null;
}

const NOT_ON_TRIAL: Permit = { trialEndsAt: null };

/** While the provider is on trial, one order at a time is sent. @returns undefined when this one may not be */
export async function askToTry(worker: Worker, { provider }: Gate): Promise<Permit | undefined> {
  if (!provider.isOnTrial) return NOT_ON_TRIAL;
  let taken: BreakerState | undefined;
  await changeBreaker('provider', (state) => {
    taken = trying(state, nowOf(worker), worker.bounds.breaker);
    return taken ?? state;
  });
  return taken && { trialEndsAt: taken.trialEndsAt };
}

/** It answered as it is meant to. Nothing is written while all is well. */
export async function countSuccess(worker: Worker, call: Call, { provider }: Gate, { trialEndsAt } = NOT_ON_TRIAL): Promise<void> {
  if (!provider.isOnTrial && provider.failures.length === 0) return;
  const { before, after } = await changeBreaker('provider', (state) => {
    return afterSuccess(notTried(state, trialEndsAt), call, nowOf(worker));
  });
  if (before.isOnTrial && !after.isOnTrial) log.info('provider_open', {});
}

/** It was not reached, or answered what it is not meant to. */
export async function countFailure(worker: Worker, call: Call, { trialEndsAt } = NOT_ON_TRIAL): Promise<void> {
  const { breaker } = worker.bounds;
  await closeWhen(worker, breaker.openMs, (state, now) => afterFailure(notTried(state, trialEndsAt), call, now, breaker));
}

/** Nothing was sent, or the answer says nothing about whether it works: too many requests. */
export async function countNothing({ trialEndsAt }: Permit): Promise<void> {
  if (trialEndsAt !== null) await changeBreaker('provider', (state) => notTried(state, trialEndsAt));
}

/** It refused an order for a reason that holds for all: none is sent until a probe succeeds. */
export async function closeProvider(worker: Worker, why: 'out_of_credit' | 'refused', { trialEndsAt }: Permit): Promise<void> {
  const cause = { why, unproven: ['order'] };
  await closeWhen(worker, worker.bounds.probeMs, (state, now) => down(notTried(state, trialEndsAt), cause, now));
}

/** Closed and the probe that opens again are one write: closed without a probe would be closed for ever. */
async function closeWhen(worker: Worker, probeMs: number, decide: (state: BreakerState, now: Date) => BreakerState): Promise<void> {
  const now = nowOf(worker);
  const { before, after } = await changeBreaker(
    'provider',
    (state) => decide(state, now),
    ({ before, after }, transaction, db) => {
      if (isClosing(before, after)) scheduleProbe(transaction, db, 'provider', new Date(later(now, probeMs)));
    },
  );
  if (!isClosing(before, after)) return;
  // The operator is told when it closes, not each time it is tried in vain, or closes for one more reason.
  if (before.isUp && !before.isOnTrial) log.error('provider_closed', { why: after.why });
  else log.warn('provider_still_closed', { why: after.why });
}

/** It was open, or it was closed for another reason. */
function isClosing(before: BreakerState, after: BreakerState): boolean {
  return !after.isUp && (before.isUp || before.why !== after.why);
}

/** After an order: closes when the provider's credits of the day are used up, till the next day or until an operator allows more. */
export async function checkBudget(worker: Worker): Promise<void> {
  const now = nowOf(worker);
  const budget = await readServiceBudget(now);
  const { used, limit } = budget;
  if (await isFirstToWarn(budget, now)) log.warn('provider_budget', { used, limit });
  if (used >= limit) await closeBudget(worker, budget);
}

async function closeBudget(worker: Worker, { used, limit }: ServiceBudget): Promise<void> {
  const now = nowOf(worker);
  const { before, after } = await changeBreaker(
    'budget',
    (state) => down(state, { why: 'spent', unproven: [] }, now),
    ({ before, after }, transaction, db) => {
      if (isClosing(before, after)) scheduleProbe(transaction, db, 'budget', budgetProbeAt(worker, now));
    },
  );
  if (isClosing(before, after)) log.error('provider_budget_spent', { used, limit });
}

function nowOf({ world }: Worker): Date {
  return new Date(world.clock.now());
}
