import { LRUCache } from 'lru-cache';
import type { Clock } from './clock.ts';

/** When a load began: what was forgotten after that is not remembered from it. */
export interface Beginning {
  atMs: number;
  forgets: number;
}

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
  readonly #forgottenAt: LRUCache<string, number>;
  /** Forgotten, and not read since. */
  readonly #unread: LRUCache<string, true>;
  #forgets = 0;

  constructor(bounds: CacheBounds) {
    this.#bounds = bounds;
    this.#entries = new LRUCache({ max: bounds.maxEntries });
    this.#forgottenAt = new LRUCache({ max: bounds.maxEntries });
    this.#unread = new LRUCache({ max: bounds.maxEntries });
  }

  get(key: string, clock: Clock, load: () => Promise<Value>): Promise<Value> {
    const known = this.peek(key, clock);
    return known ? Promise.resolve(known) : this.join(key, clock, load);
  }

  /** Loads, or waits for whoever loads it already. */
  join(key: string, clock: Clock, load: () => Promise<Value>): Promise<Value> {
    return this.#loading.get(key) ?? this.refresh(key, clock, load);
  }

  /** What is remembered and not too old. @param maxAgeMs - for whoever needs it younger than others do */
  peek(key: string, clock: Clock, maxAgeMs = this.#bounds.maxAgeMs): Value | undefined {
    const entry = this.#entries.get(key);
    return entry && clock.monotonicMs() - entry.loadedAtMs < maxAgeMs ? entry.value : undefined;
  }

  /** To be called before reading what is given to `remember`. */
  begin(clock: Clock): Beginning {
    return { atMs: clock.monotonicMs(), forgets: this.#forgets };
  }

  /** Remembers what came along with something else. */
  remember(key: string, value: Value, began: Beginning): void {
    if ((this.#forgottenAt.get(key) ?? 0) <= began.forgets) this.#keep(key, { value, loadedAtMs: began.atMs });
  }

  /** What is remembered, however old: for when its source is down. */
  lastKnown(key: string): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  /** Whether it was changed here, and nobody has looked since: what was known of it before is no longer so. */
  isForgotten(key: string): boolean {
    return this.#unread.has(key);
  }

  /** Loads in any case, and remembers: a load that began before may have read what was before a change, and is no longer remembered. */
  refresh(key: string, clock: Clock, load: () => Promise<Value>): Promise<Value> {
    const startedAtMs = clock.monotonicMs(); // age counts from before the read, so that it is never understated
    const loading = load()
      .then((value) => {
        // Forgotten or refreshed meanwhile: who asked before the change may have the value, nobody after it.
        if (this.#loading.get(key) === loading) this.#keep(key, { value, loadedAtMs: startedAtMs });
        return value;
      })
      .finally(() => {
        if (this.#loading.get(key) === loading) this.#loading.delete(key);
      });
    this.#loading.set(key, loading);
    return loading;
  }

  /** Puts another value in the place of what is remembered, as old as that was. What is being loaded is not remembered. */
  replace(key: string, value: Value): void {
    const entry = this.#entries.get(key);
    const wasForgotten = this.isForgotten(key);
    this.forget(key);
    if (!wasForgotten) this.#unread.delete(key);
    if (entry) this.#entries.set(key, { ...entry, value });
  }

  forget(key: string): void {
    this.#forgets += 1;
    this.#forgottenAt.set(key, this.#forgets);
    this.#unread.set(key, true);
    this.#entries.delete(key);
    this.#loading.delete(key);
  }

  #keep(key: string, entry: { value: Value; loadedAtMs: number }): void {
    this.#entries.set(key, entry);
    this.#unread.delete(key);
  }
}
