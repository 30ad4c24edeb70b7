import { z } from 'zod';

export type CallerRate = 'read' | 'write' | 'generate';

export interface RateLimits {
  windowMs: number;
  requests: number;
  /** How many of `requests` may ask for a song. */
  generations: number;
  /** Reads per window and instance while the database is down. */
  readsWithoutDatabase: number;
}

export const RateDocumentSchema = z.object({
  /** The database's time, in milliseconds since the epoch. */
  windowStartMs: z.number(),
  granted: z.number(),
  generations: z.number(),
  /** Leases above one token, by instance: all but one token of each may be unspent. */
  leases: z.record(z.string(), z.number()),
});
export type RateDocument = z.output<typeof RateDocumentSchema>;

const LARGEST_LEASE = 8;
const MOST_UNSPENT = 10;

interface Asking {
  instanceId: string;
  rate: CallerRate;
  nowMs: number;
}

export interface Grant {
  document: RateDocument;
  /** Tokens for the asking instance; 0 is a refusal. */
  granted: number;
  windowLeftMs: number;
}

/** What an instance that asks now is given. The rule alone, without the database. */
export function grantLease(stored: RateDocument | undefined, asking: Asking, limits: RateLimits): Grant {
  const running = stored && asking.nowMs < stored.windowStartMs + limits.windowMs ? stored : freshWindow(asking.nowMs);
  const windowLeftMs = running.windowStartMs + limits.windowMs - asking.nowMs;
  const granted = Math.min(leaseSize(running, asking), limits.requests - running.granted);
  const isGeneration = asking.rate === 'generate';
  if (granted <= 0 || (isGeneration && running.generations >= limits.generations)) return { document: running, granted: 0, windowLeftMs };

  const { [asking.instanceId]: before = 1, ...others } = running.leases;
  const lease = isGeneration ? before : granted; // a token for a song leaves what the instance holds for the rest as it is
  const document: RateDocument = {
    windowStartMs: running.windowStartMs,
    granted: running.granted + granted,
    generations: running.generations + (isGeneration ? 1 : 0),
    leases: lease > 1 ? { ...others, [asking.instanceId]: lease } : others,
  };
  return { document, granted, windowLeftMs };
}

function leaseSize({ leases, granted }: RateDocument, { instanceId, rate }: Asking): number {
  if (rate === 'generate' || granted === 0) return 1;
  const { [instanceId]: before = 1, ...others } = leases;
  const unspentElsewhere = Object.values(others).reduce((sum, lease) => sum + lease - 1, 0);
  return Math.max(1, Math.min(before * 2, LARGEST_LEASE, 1 + MOST_UNSPENT - unspentElsewhere));
}

function freshWindow(nowMs: number): RateDocument {
  return { windowStartMs: nowMs, granted: 0, generations: 0, leases: {} };
}
