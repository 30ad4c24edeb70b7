import { LRUCache } from 'lru-cache';
import { type Clock, problem } from '#shared/runtime';

/**
 * Counts in this process alone: against floods from one place, before anything is looked up. The key is an address or a ticket.
 * A window begins with the first request after the last one ended.
 */
export class FloodGate {
  readonly #perMinute: number;
  readonly #windows = new LRUCache<string, { endsAtMs: number; count: number }>({ max: 50_000 });

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** @throws `rate_limited` */
  admit(key: string, clock: Clock): void {
    const nowMs = clock.monotonicMs();
    const known = this.#windows.get(key);
    const window = known && nowMs < known.endsAtMs ? known : { endsAtMs: nowMs + 60_000, count: 0 };
    window.count += 1;
    this.#windows.set(key, window);
    if (window.count > this.#perMinute) throw problem('rate_limited', { retryAfterS: Math.ceil((window.endsAtMs - nowMs) / 1000) });
  }
}
