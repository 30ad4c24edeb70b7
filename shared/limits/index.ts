export { type Attempt, countAttempts, forgiveAttempts } from './attempts.ts';
export { dayOf, endOfDay } from './day.ts';
export { FloodGate } from './floodGate.ts';
export { Claim, type KeyedRequest } from './idempotency.ts';
export { type CallerRate, grantLease, type RateDocument, type RateLimits } from './lease.ts';
export { creditsOf, endReservation, quotaRef, reserveCredit, SONGS_PER_DAY } from './ledger.ts';
export { RATE_LIMITS, RateLimiter } from './rateLimit.ts';
