/**
 * At most 100 requests of one caller in a window of 60 s, over all functions and instances (G5), at a fraction of a write per request.
 *
 * One document per caller says when the window began and how many tokens were granted in it. An instance takes tokens by
 * lease: one at first, twice as many each time it comes back, up to 8. What the other instances may hold unspent stays at or
 * below 10, so that a caller who stays below 90 is never refused, however his requests are spread. Tokens die with the window.
 */
import { LRUCache } from 'lru-cache';
import { type Clock, database, problem, transact } from '#shared/runtime';
import { grantLease, type RateDocument, RateDocumentSchema } from './lease.ts';

export interface RateLimits {
  windowMs: number;
  requests: number;
  /** How many of `requests` may ask for a song. */
  generations: number;
  /** Reads per window and instance while the database is down. */
  readsWithoutDatabase: number;
}

export const RATE_LIMITS: RateLimits = { windowMs: 60_000, requests: 100, generations: 10, readsWithoutDatabase: 20 };

export type CallerRate = 'read' | 'write' | 'generate';

/** What the `RateLimit` headers tell. */
export interface RateState {
  limit: number;
  windowS: number;
  remaining: number;
  resetS: number;
}

/** What this instance knows of one caller's window. Times are monotonic milliseconds of this process. */
interface Held {
  tokens: number;
  endsAtMs: number;
  /** Tokens of the window that nobody has been given yet, as of the last look. */
  left: number;
  refused: boolean;
  refusedGenerations: boolean;
  /** Reads let through while the database was down. */
  withoutDatabase: number;
}

export class RateLimiter {
  readonly #limits: RateLimits;
  readonly #instanceId: string;
  readonly #held = new LRUCache<string, Held>({ max: 10_000 });
  readonly #asking = new Map<string, Promise<void>>();

  constructor(instanceId: string, limits = RATE_LIMITS) {
    this.#instanceId = instanceId;
    this.#limits = limits;
  }

  /** Takes one token. @throws `rate_limited`, with the seconds until the window ends */
  async admit(uid: string, rate: CallerRate, clock: Clock): Promise<RateState> {
    // A loop, because others of the same caller wait for the same lease and may have spent it.
    for (;;) {
      const held = this.#current(uid, clock);
      if (held && (held.refused || (rate === 'generate' && held.refusedGenerations))) throw this.#refusal(held, clock);
      if (held && held.tokens > 0 && rate !== 'generate') {
        held.tokens -= 1;
        return this.#state(held, clock);
      }
      const running = this.#asking.get(uid);
      if (running !== undefined) {
        await running.catch(() => undefined);
        continue;
      }
      const taken = await this.#ask(uid, rate, clock);
      if (taken) return this.#state(taken, clock);
    }
  }

  async #ask(uid: string, rate: CallerRate, clock: Clock): Promise<Held | undefined> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#asking.set(uid, promise);
    try {
      return await this.#lease(uid, rate, clock);
    } catch (error) {
      if (rate !== 'read') throw error;
      return this.#withoutDatabase(uid, clock, error);
    } finally {
      this.#asking.delete(uid);
      resolve();
    }
  }

  async #lease(uid: string, rate: CallerRate, clock: Clock): Promise<Held | undefined> {
    const askedAtMs = clock.monotonicMs(); // before the server's time of reading: the window never looks longer than it is
    const db = await database();
    const ref = db.doc(`rateLimits/${uid}`);
    const grant = await transact(async (transaction) => {
      const snapshot = await transaction.get(ref);
      const stored = RateDocumentSchema.safeParse(snapshot.data()).data;
      const result = grantLease(stored, { instanceId: this.#instanceId, rate, nowMs: snapshot.readTime.toMillis() }, this.#limits);
      if (result.granted > 0) transaction.set(ref, forStore(result.document, this.#limits.windowMs));
      return result;
    });
    const held: Held = {
      tokens: grant.granted,
      endsAtMs: askedAtMs + grant.windowLeftMs,
      left: this.#limits.requests - grant.document.granted,
      refused: grant.document.granted >= this.#limits.requests && grant.granted === 0,
      refusedGenerations: rate === 'generate' && grant.granted === 0,
      withoutDatabase: 0,
    };
    const before = this.#current(uid, clock);
    held.tokens += rate === 'generate' && before ? before.tokens : 0;
    this.#held.set(uid, held);
    if (grant.granted === 0) return undefined; // the loop of admit refuses
    held.tokens -= 1;
    return held;
  }

  #withoutDatabase(uid: string, clock: Clock, cause: unknown): Held {
    const held = this.#current(uid, clock) ?? { ...EMPTY, endsAtMs: clock.monotonicMs() + this.#limits.windowMs };
    this.#held.set(uid, held);
    held.withoutDatabase += 1;
    if (held.withoutDatabase > this.#limits.readsWithoutDatabase) {
      throw problem('rate_limited', { retryAfterS: secondsUntil(held.endsAtMs, clock) }, cause);
    }
    return held;
  }

  #current(uid: string, clock: Clock): Held | undefined {
    const held = this.#held.get(uid);
    return held && clock.monotonicMs() < held.endsAtMs ? held : undefined;
  }

  #refusal(held: Held, clock: Clock) {
    return problem('rate_limited', { retryAfterS: secondsUntil(held.endsAtMs, clock) });
  }

  #state(held: Held, clock: Clock): RateState {
    const { requests, windowMs } = this.#limits;
    return { limit: requests, windowS: windowMs / 1000, remaining: held.left + held.tokens, resetS: secondsUntil(held.endsAtMs, clock) };
  }
}

const EMPTY: Omit<Held, 'endsAtMs'> = { tokens: 0, left: 0, refused: false, refusedGenerations: false, withoutDatabase: 0 };

function secondsUntil(atMs: number, clock: Clock): number {
  return Math.max(1, Math.ceil((atMs - clock.monotonicMs()) / 1000));
}

function forStore(document: RateDocument, windowMs: number): object {
  return { ...document, expireAt: new Date(document.windowStartMs + 2 * windowMs) };
}
