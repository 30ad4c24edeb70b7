/** Every limit of making a song, in one place. Tests pass their own. */
export const BOUNDS = {
  /** How long a worker may go without renewing what it works on. */
  leaseMs: 60_000,
  submitMs: 30_000,
  /** A song that may or may not have been ordered is given up so long after the order was written down. */
  unknownMs: 10 * 60_000,
  /** A song that could not be ordered is given up so long after it was asked for. */
  queuedMs: 10 * 60_000,
  queuedBackoffMs: { first: 2_000, factor: 2, most: 60_000 },
  pollMs: { first: 3_000, factor: 1.5, most: 15_000 },
  /** The provider's time for a song, from its acceptance. */
  makingMs: 15 * 60_000,
  downloads: { tries: 3, withinMs: 30_000, timeoutMs: 60_000, mostBytes: 100 * 1024 * 1024 },
  /** How long sound that is finished waits for a storage that is not. */
  storageMs: 24 * 60 * 60_000,
  storageBackoffMs: 15_000,
  /** After the song is ready; then a cover is drawn. */
  coverMs: 2 * 60_000,
  coverBytes: 10 * 1024 * 1024,
  coverTimeoutMs: 30_000,
  /** Of the provider, shared by all workers: opened by so many failures within a while, half open after another. */
  breaker: { failures: 5, withinMs: 60_000, openMs: 15_000, trialMs: 60_000 },
  /** How often a provider that refused us is asked whether it would serve again. */
  probeMs: 30_000,
  /** While the day's budget is spent: how often it is looked whether an operator has raised it. */
  budgetProbeMs: 60_000,
  /** One run of the worker. What it has begun by then it ends: a download's limit later, within the function's 120 s. */
  passMs: 50_000,
  /** The worker waits for what is due so soon, and returns otherwise: also for what waits for storage, else a repair was noticed a minute late. */
  waitForDueMs: 15_000,
  /** Requests that one worker has in hand. */
  atOnce: 10,
};

export type Bounds = typeof BOUNDS;

export function later(now: Date, ms: number): string {
  return new Date(now.getTime() + ms).toISOString();
}

/** Longer than anyone can go on with what he no longer holds: he hears of it within a lease, and then has one call to end. */
export function discardAt(now: Date, bounds: Bounds): string {
  return later(now, 2 * bounds.leaseMs);
}
