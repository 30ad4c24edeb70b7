import type { Clock } from '#shared/runtime';
import { type AttemptContext, attempt, type MintOidcToken } from './attempt.ts';
import { durationMs, type Job, type Status } from './job.ts';
import type { JobStore } from './jobStore.ts';
import { nextTime } from './schedule.ts';

/** Wall time may jump (a laptop wakes up), and timers hold no more than 24 days: no sleep is longer than this. */
const LONGEST_SLEEP_MS = 60_000;

/** One run: the attempt at its time, and the retries. */
interface Execution {
  name: string;
  /** What the target is told, also by retries. */
  scheduleTimeMs: number;
  /** A retry shows as the job's next time, but not one of a forced run, which stands beside the schedule. */
  isForced: boolean;
  /** Ends the wait for a retry. */
  signal: AbortSignal;
}

/**
 * Runs jobs at their times, each in a loop of its own, so that a job never has two scheduled runs at once.
 *
 * A time that comes during a run is put off until that run has ended; more of them are one. Times before the start of a run
 * are left out: after a stop or a sleep of the machine there is no crowd of late runs. A failed attempt is repeated as the
 * job's retryConfig says, but not beyond the next time of the schedule.
 */
export class JobRunner {
  readonly #store: JobStore;
  readonly #context: AttemptContext;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  readonly #loops = new Map<string, { changed: AbortController; ended: Promise<void> }>();
  readonly #forced = new Set<Promise<void>>();

  constructor(store: JobStore, clock: Clock, mintOidcToken: MintOidcToken | undefined) {
    this.#store = store;
    this.#clock = clock;
    this.#context = { clock, mintOidcToken, signal: this.#closing.signal };
  }

  /** Takes up a job that is new, changed or deleted. An attempt under way goes on, but is not retried. */
  follow(name: string): void {
    const loop = this.#loops.get(name);
    if (!loop) {
      this.#loops.set(name, { changed: new AbortController(), ended: this.#loop(name) });
      return;
    }
    const { changed } = loop;
    loop.changed = new AbortController();
    changed.abort();
  }

  /** Starts a run now, beside any other. */
  runNow(name: string): void {
    const execution = { name, scheduleTimeMs: this.#clock.now(), isForced: true, signal: this.#closing.signal };
    const run = this.#execute(execution).finally(() => this.#forced.delete(run));
    this.#forced.add(run);
  }

  /** Breaks off what is running. Its jobs stay as they are, and are not repeated after a restart. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...[...this.#loops.values()].map((loop) => loop.ended), ...this.#forced]);
  }

  async #loop(name: string): Promise<void> {
    await Promise.resolve(); // until `follow` has put this loop into the map
    for (let job = this.#store.get(name); job && !this.#closing.signal.aborted; job = this.#store.get(name)) {
      const signal = AbortSignal.any([this.#loops.get(name)!.changed.signal, this.#closing.signal]);
      const dueMs = job.scheduleTime ? Date.parse(job.scheduleTime) : Number.POSITIVE_INFINITY;
      await this.#sleepUntil(dueMs, signal);
      if (!signal.aborted) await this.#runScheduled(name, dueMs, signal);
    }
    this.#loops.delete(name);
  }

  async #runScheduled(name: string, scheduleTimeMs: number, signal: AbortSignal): Promise<void> {
    const startedMs = this.#clock.now();
    await this.#execute({ name, scheduleTimeMs, isForced: false, signal });
    if (!signal.aborted) await this.#update(name, (job) => atNext(job, startedMs)); // who changed the job has set its next time too
  }

  async #execute({ name, scheduleTimeMs, isForced, signal }: Execution): Promise<void> {
    const startedMs = this.#clock.now();
    for (let failures = 0; ; ) {
      const status = await this.#attempt(name, scheduleTimeMs);
      if (!status || status.code === undefined) return;
      failures += 1;
      const job = this.#store.get(name);
      const retryMs = job && retryTime(job, failures, startedMs, this.#clock.now());
      if (!job || retryMs === undefined || signal.aborted) return;
      if (!isForced) await this.#update(name, (current) => ({ ...current, scheduleTime: iso(retryMs) }));
      await this.#sleepUntil(retryMs, signal);
      if (signal.aborted || !this.#store.get(name)) return;
    }
  }

  /** One attempt, with its traces on the job. Of a job that is gone, or when closing: undefined. */
  async #attempt(name: string, scheduleTimeMs: number): Promise<Status | undefined> {
    const job = this.#store.get(name);
    if (!job || this.#closing.signal.aborted) return undefined;
    const lastAttemptTime = iso(this.#clock.now());
    await this.#update(name, (current) => ({ ...current, lastAttemptTime }));
    const status = await attempt(job, scheduleTimeMs, this.#context);
    if (this.#closing.signal.aborted) return undefined;
    await this.#update(name, (current) => ({ ...current, status }));
    return status;
  }

  /** Changes the job as it stands now, if it still exists. A disk that is full stops no job: the next write tries again. */
  async #update(name: string, change: (job: Job) => Job): Promise<void> {
    const job = this.#store.get(name);
    if (job) await this.#store.put(change(job)).catch(() => undefined);
  }

  async #sleepUntil(timeMs: number, signal: AbortSignal): Promise<void> {
    for (let leftMs = timeMs - this.#clock.now(); leftMs > 0 && !signal.aborted; leftMs = timeMs - this.#clock.now()) {
      await this.#clock.sleep(Math.min(leftMs, LONGEST_SLEEP_MS), signal);
    }
  }
}

/** The job with the next time of its schedule after `afterMs`; without one when it is paused, or when none comes. */
export function atNext({ scheduleTime: _, ...job }: Job, afterMs: number): Job {
  const nextMs = job.state === 'PAUSED' ? undefined : nextTime(job, afterMs);
  return nextMs === undefined ? job : { ...job, scheduleTime: iso(nextMs) };
}

/** When to try again after so many failures; undefined when not at all. */
function retryTime(job: Job, failures: number, startedMs: number, nowMs: number): number | undefined {
  const { retryCount, maxRetryDuration } = job.retryConfig;
  const limitMs = durationMs(maxRetryDuration);
  const isLast = failures > retryCount && (limitMs === 0 || nowMs - startedMs >= limitMs); // both limits, where both are set
  if (retryCount === 0 || isLast) return undefined;
  const retryMs = nowMs + backoffMs(job.retryConfig, failures);
  return retryMs < (nextTime(job, startedMs) ?? Number.POSITIVE_INFINITY) ? retryMs : undefined;
}

/** 10, 20, 40, 80, 160, 240, 300, 300 s for a least wait of 10 s, three doublings and a longest wait of 300 s. */
export function backoffMs(config: Job['retryConfig'], failures: number): number {
  const { maxDoublings } = config;
  const doublings = Math.min(failures - 1, maxDoublings);
  const steps = Math.max(1, failures - maxDoublings);
  return Math.min(durationMs(config.minBackoffDuration) * 2 ** doublings * steps, durationMs(config.maxBackoffDuration));
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
