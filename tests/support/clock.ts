import type { Clock } from '#shared/runtime';

/** A clock that stands still until a test moves it. `sleep` ends when the time has come. */
export class TestClock implements Clock {
  #nowMs: number;
  #monotonicMs = 1_000_000;
  readonly #sleepers = new Set<{ wakesAtMs: number; wake: () => void }>();

  constructor(nowMs = Date.now()) {
    this.#nowMs = nowMs;
  }

  now = (): number => this.#nowMs;

  monotonicMs = (): number => this.#monotonicMs;

  sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const sleeper = { wakesAtMs: this.#monotonicMs + ms, wake: resolve };
      if (ms <= 0 || signal?.aborted) return resolve();
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', () => this.#wake(sleeper), { once: true });
    });

  /** Moves the time on, and wakes whoever slept until then. */
  advance(ms: number): void {
    this.#nowMs += ms;
    this.#monotonicMs += ms;
    for (const sleeper of [...this.#sleepers]) if (sleeper.wakesAtMs <= this.#monotonicMs) this.#wake(sleeper);
  }

  #wake(sleeper: { wakesAtMs: number; wake: () => void }): void {
    this.#sleepers.delete(sleeper);
    sleeper.wake();
  }
}
