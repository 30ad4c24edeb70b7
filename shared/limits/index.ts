export { type Attempt, attemptPaths, countAttempts, forgiveAttempts } from './attempts.ts';
export {
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
  upAgain,
} from './breaker.ts';
export { dayOf, endOfDay } from './day.ts';
export type { Discrepancy } from './discrepancy.ts';
export { eraseBook, eraseEntries } from './eraseEntries.ts';
export { FloodGate } from './floodGate.ts';
export { Claim, type KeyedRequest, ownerHashOf } from './idempotency.ts';
export { type CallerRate, grantLease, type RateDocument, type RateLimits } from './lease.ts';
export { creditsOf, endReservation, quotaRef, reserveCredit } from './ledger.ts';
export { countLyrics, LYRICS_PER_DAY, uncountLyrics } from './lyricsAllowance.ts';
export { RATE_LIMITS, RateLimiter } from './rateLimit.ts';
export { countProviderCredits, isFirstToWarn, readServiceBudget, type ServiceBudget } from './serviceBudget.ts';
export { type BalanceFault, verifyBalance } from './verifyBalance.ts';
export { type EntryFault, verifyEntry } from './verifyEntry.ts';
