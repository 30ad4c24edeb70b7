import { LRUCache } from 'lru-cache';
import type { Clock } from './clock.ts';

export interface CacheBounds {
  maxEntries: number;
  maxAgeMs: number;
}

/**
 * Remembers what `load` gave for at most `maxAgeMs`, the least used forgotten first. Callers that ask for the same key
 * while it is being loaded share one load (single flight). A load that fails is not remembered.
 */
export class Cache<Value extends object> {
  readonly #entries: LRUCache<string, { value: Value; loadedAtMs: number }>;
  readonly #loading = new Map<string, Promise<Value>>();
  readonly #bounds: CacheBounds;

  constructor(bounds: CacheBounds) {
    this.#bounds = bounds;
    this.#entries = new LRUCache({ max: bounds.maxEntries });
  }

  get(key: string, clock: Clock, load: () => Promise<Value>): Promise<Value> {
    const known = this.peek(key, clock);
    return known ? Promise.resolve(known) : this.refresh(key, clock, load);
  }

  /** What is remembered and not too old. */
  peek(key: string, clock: Clock): Value | undefined {
    const entry = this.#entries.get(key);
    return entry && clock.monotonicMs() - entry.loadedAtMs < this.#bounds.maxAgeMs ? entry.value : undefined;
  }

  /** What is remembered, however old: for when its source is down. */
  lastKnown(key: string): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  /** Loads in any case, and remembers. */
  refresh(key: string, clock: Clock, load: () => Promise<Value>): Promise<Value> {
    const running = this.#loading.get(key);
    if (running !== undefined) return running;
    const startedAtMs = clock.monotonicMs(); // age counts from before the read, so that it is never understated
    const loading = load()
      .then((value) => {
        // Forgotten meanwhile: who asked before the change may have the value, nobody after it.
        if (this.#loading.get(key) === loading) this.#entries.set(key, { value, loadedAtMs: startedAtMs });
        return value;
      })
      .finally(() => {
        if (this.#loading.get(key) === loading) this.#loading.delete(key);
      });
    this.#loading.set(key, loading);
    return loading;
  }

  forget(key: string): void {
    this.#entries.delete(key);
    this.#loading.delete(key);
  }
}
