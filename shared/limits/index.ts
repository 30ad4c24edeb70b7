export { type Attempt, countAttempts, forgiveAttempts } from './attempts.ts';
export {
  afterFailure,
  afterSuccess,
  type BreakerState,
  changeBreaker,
  down,
  notTried,
  onTrial,
  readBreaker,
  trying,
  upAgain,
} from './breaker.ts';
export { dayOf, endOfDay } from './day.ts';
export type { Discrepancy } from './discrepancy.ts';
export { FloodGate } from './floodGate.ts';
export { Claim, type KeyedRequest } from './idempotency.ts';
export { type CallerRate, grantLease, type RateDocument, type RateLimits } from './lease.ts';
export { creditsOf, endReservation, quotaRef, reserveCredit } from './ledger.ts';
export { RATE_LIMITS, RateLimiter } from './rateLimit.ts';
export { countProviderCredits, isFirstToWarn, readServiceBudget, type ServiceBudget } from './serviceBudget.ts';
export { type BalanceFault, verifyBalance } from './verifyBalance.ts';
export { type EntryFault, verifyEntry } from './verifyEntry.ts';
