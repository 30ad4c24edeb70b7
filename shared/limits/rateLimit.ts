/**
 * At most 100 requests of one caller in a window of 60 s, over all functions and instances (G5), at a fraction of a write per request.
 *
 * One document per caller says when the window began and how many tokens were granted in it. An instance takes tokens by
 * lease: one at first, twice as many each time it comes back, up to 8. What the other instances may hold unspent stays at or
 * below 10, so that a caller who stays below 90 is never refused, however his requests are spread. Tokens die with the window.
 */
import { LRUCache } from 'lru-cache';
import { type Clock, log, Problem, problem } from '#shared/runtime';
import { askForLease } from './askForLease.ts';
import type { CallerRate, RateLimits } from './lease.ts';

export const RATE_LIMITS: RateLimits = { windowMs: 60_000, requests: 100, generations: 10, readsWithoutDatabase: 20 };

const LOOK_AGAIN_MS = 5_000;

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
  /** Until then reads do not wait for the database, which has just failed. */
  looksAgainAtMs: number;
}

export class RateLimiter {
  readonly #limits: RateLimits;
  readonly #instanceId: string;
  readonly #held = new LRUCache<string, Held>({ max: 10_000 });
  readonly #asking = new Map<string, Promise<Held | undefined>>();

  constructor(instanceId: string, limits = RATE_LIMITS) {
    this.#instanceId = instanceId;
    this.#limits = limits;
  }

  get policy(): { limit: number; windowS: number } {
    return { limit: this.#limits.requests, windowS: this.#limits.windowMs / 1000 };
  }

  /**
   * Takes one token.
   *
   * @throws `rate_limited`, with the seconds until the window ends; for writes and songs also the database's failure
   */
  async admit(uid: string, rate: CallerRate, clock: Clock): Promise<RateState> {
    // A loop, because others of the same caller wait for the same lease and may have spent it.
    for (;;) {
      const held = this.#current(uid, clock);
      if (held && (held.refused || (rate === 'generate' && held.refusedGenerations))) throw this.#refusal(held, clock);
      if (held && held.tokens > 0 && rate !== 'generate') {
        held.tokens -= 1;
        return this.#state(held, clock);
      }
      if (held && rate === 'read' && clock.monotonicMs() < held.looksAgainAtMs) return this.#withoutDatabase(held, clock);
      try {
        const running = this.#asking.get(uid);
        const taken = await (running ?? this.#ask(uid, rate, clock));
        if (taken && !running) return this.#state(taken, clock);
      } catch (error) {
        if (rate !== 'read' || error instanceof Problem) throw error;
        log.warn('rate_limit_without_database', { error });
        this.#noteFailure(uid, clock);
      }
    }
  }

  #ask(uid: string, rate: CallerRate, clock: Clock): Promise<Held | undefined> {
    const asked = this.#lease(uid, rate, clock).finally(() => this.#asking.delete(uid));
    this.#asking.set(uid, asked);
    return asked;
  }

  async #lease(uid: string, rate: CallerRate, clock: Clock): Promise<Held | undefined> {
    const lease = await askForLease({ uid, rate, instanceId: this.#instanceId }, this.#limits, clock);
    const { granted, document } = lease;
    const before = this.#current(uid, clock);
    const held: Held = {
      tokens: granted + (rate === 'generate' && before ? before.tokens : 0),
      endsAtMs: lease.endsAtMs,
      left: this.#limits.requests - document.granted,
      refused: granted === 0 && document.granted >= this.#limits.requests,
      refusedGenerations: granted === 0 && rate === 'generate',
      withoutDatabase: before?.withoutDatabase ?? 0,
      looksAgainAtMs: Number.NEGATIVE_INFINITY,
    };
    this.#held.set(uid, held);
    if (granted === 0) return undefined; // the loop of admit refuses
    held.tokens -= 1;
    return held;
  }

  #noteFailure(uid: string, clock: Clock): void {
    const nowMs = clock.monotonicMs();
    const held = this.#current(uid, clock) ?? { ...EMPTY, endsAtMs: nowMs + this.#limits.windowMs };
    this.#held.set(uid, { ...held, looksAgainAtMs: nowMs + LOOK_AGAIN_MS });
  }

  #withoutDatabase(held: Held, clock: Clock): RateState {
    if (held.withoutDatabase >= this.#limits.readsWithoutDatabase) throw this.#refusal(held, clock);
    held.withoutDatabase += 1;
    return this.#state(held, clock);
  }

  #current(uid: string, clock: Clock): Held | undefined {
    const held = this.#held.get(uid);
    return held && clock.monotonicMs() < held.endsAtMs ? held : undefined;
  }

  #refusal(held: Held, clock: Clock) {
    return problem('rate_limited', { retryAfterS: secondsUntil(held.endsAtMs, clock) });
  }

  #state(held: Held, clock: Clock): RateState {
    return { ...this.policy, remaining: held.left + held.tokens, resetS: secondsUntil(held.endsAtMs, clock) };
  }
}

const EMPTY: Omit<Held, 'endsAtMs' | 'looksAgainAtMs'> = {
  tokens: 0,
  left: 0,
  refused: false,
  refusedGenerations: false,
  withoutDatabase: 0,
};

function secondsUntil(atMs: number, clock: Clock): number {
  return Math.max(1, Math.ceil((atMs - clock.monotonicMs()) / 1000));
}
