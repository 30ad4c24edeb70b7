import { noAnswer, SoriError } from './soriError.ts';

/** How often, and with what pauses, a call that may be repeated is tried. */
export interface RetryRules {
  /** The first one included. */
  tries: number;
  /** Before the second try; doubled for each further one. */
  firstPauseMs: number;
  mostPauseMs: number;
}

export const RETRY_RULES: RetryRules = { tries: 4, firstPauseMs: 400, mostPauseMs: 8_000 };

interface Bounds {
  rules: RetryRules;
  /** No try begins after it; see `performance.now()`. */
  deadlineMs: number;
  signal: AbortSignal;
}

/**
 * Tries until it succeeds, fails for good, or the bounds are reached.
 *
 * @throws what the last try threw that was sent: one that `person_changed` kept back tells the app nothing of its request
 */
export async function repeat<T>(attempt: () => Promise<T>, { rules, deadlineMs, signal }: Bounds): Promise<T> {
  let last: unknown;
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries > 1 && error instanceof SoriError && error.code === 'person_changed') throw last;
      last = error;
      const pauseMs = isPassing(error) ? pauseAfter(error, tries, rules) : Number.POSITIVE_INFINITY;
      if (signal.aborted || tries >= rules.tries || performance.now() + pauseMs >= deadlineMs) throw error;
      await pause(pauseMs, signal);
    }
  }
}

// 408, 429, 503: the service says so itself. 502 and 504: Google's front end, when an instance has gone.
const PASSING = [408, 429, 502, 503, 504];

/** Whether the same request may succeed a little later. */
function isPassing(error: unknown): error is SoriError {
  return error instanceof SoriError && (error.code === 'no_answer' || PASSING.includes(error.status));
}

/** With chance in it: those who failed together do not come back together. */
function pauseAfter({ retryAfterS }: SoriError, tries: number, { firstPauseMs, mostPauseMs }: RetryRules): number {
  const growingMs = Math.min(mostPauseMs, firstPauseMs * 2 ** (tries - 1));
  return (retryAfterS ?? 0) * 1000 + growingMs * (0.5 + Math.random() / 2);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}

interface Limit {
  limitMs: number;
  /** The caller's own. */
  signal?: AbortSignal | undefined;
  /** The caller's signal counts beyond the end of the work: it has given something that is still coming in. */
  outlivesWork?: boolean;
}

/** Does the work with a signal that ends with the caller's or with the time. @throws the reason of the caller's signal, or `no_answer` */
export async function within<T>({ limitMs, signal, outlivesWork }: Limit, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  signal?.throwIfAborted();
  const over = new AbortController();
  const ended = new Promise<never>((_resolve, reject) => over.signal.addEventListener('abort', () => reject(over.signal.reason)));
  ended.catch(() => undefined); // nobody waits for it any more when the work is done first
  const end = () => over.abort(signal?.reason);
  signal?.addEventListener('abort', end, { once: true });
  const timer = setTimeout(() => over.abort(noAnswer(`There was no answer within ${Math.round(limitMs / 1000)} s.`)), limitMs);
  try {
    return await Promise.race([work(over.signal), ended]);
  } finally {
    clearTimeout(timer);
    if (!outlivesWork) signal?.removeEventListener('abort', end);
  }
}
