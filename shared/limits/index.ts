export { type Attempt, countAttempts, forgiveAttempts } from './attempts.ts';
export { dayOf, endOfDay } from './day.ts';
export { FloodGate } from './floodGate.ts';
export { Claim, type KeyedRequest } from './idempotency.ts';
export { grantLease, type RateDocument } from './lease.ts';
export { type Credits, creditsOf, endReservation, quotaRef, reserveCredit, SONGS_PER_DAY } from './ledger.ts';
export { type CallerRate, RATE_LIMITS, RateLimiter, type RateLimits, type RateState } from './rateLimit.ts';
