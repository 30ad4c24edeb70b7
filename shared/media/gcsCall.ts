import type { World } from '#shared/runtime';
import type { KeyFaultCode } from './keyFaults.ts';
import { MediaFault, type MediaFaultKind } from './port.ts';

/** What a call needs besides itself. */
export interface CallContext {
  world: Pick<World, 'clock' | 'random'>;
  /** The storage refused our token: it may be an old one. */
  distrust(): void;
  limits?: CallLimits | undefined;
}

export interface CallLimits {
  tryMs: number;
  /** Of all tries and pauses; the last try may still end after it. */
  totalMs: number;
}

const TRIES_COUNT = 3;
const USUAL_LIMITS: CallLimits = { tryMs: 10_000, totalMs: 20_000 };
const FIRST_DELAY_MS = 200;

/** An answer of the storage that is not a success, or none at all (then there is no status). Not seen outside this folder. */
export class GcsRefusal extends Error {
  override name = 'GcsRefusal';
  readonly status: number | undefined;

  constructor(status: number | undefined, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Runs one call to Google Cloud Storage: at most 3 times, by default 10 s each and none begun after 20 s, with growing and random pauses.
 *
 * The client's own retry stays off: it ends the process on a download that answers 503, and for good forgets to repeat reads
 * after an unconditional write. Whatever runs here must be safe to repeat: reads, and writes with a precondition.
 *
 * @param signal - the caller's; its reason is thrown as it is
 * @throws {GcsRefusal | MediaFault}
 */
export async function callGcs<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { world, distrust, limits = USUAL_LIMITS }: CallContext,
  signal?: AbortSignal,
): Promise<T> {
  const startedAtMs = world.clock.monotonicMs();
  for (let tries = 1; ; tries += 1) {
    try {
      return await limited(work, limits.tryMs, signal);
    } catch (error) {
      signal?.throwIfAborted();
      const refusal = asRefusal(error);
      // 403: perhaps the key of another account, and the right one has come since.
      if (refusal instanceof GcsRefusal && (refusal.status === 401 || refusal.status === 403)) distrust();
      const pauseMs = FIRST_DELAY_MS * 4 ** (tries - 1) * (0.5 + world.random());
      const isInTime = world.clock.monotonicMs() - startedAtMs + pauseMs < limits.totalMs;
      if (!isWorthRepeating(refusal) || tries === TRIES_COUNT || !isInTime) throw refusal;
      await world.clock.sleep(pauseMs, signal);
    }
  }
}

/** Some calls of the client cannot be aborted: then their answer is no longer waited for. */
async function limited<T>(work: (signal: AbortSignal) => Promise<T>, tryMs: number, signal?: AbortSignal): Promise<T> {
  const limit = AbortSignal.timeout(tryMs);
  const both = signal ? AbortSignal.any([signal, limit]) : limit;
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(new GcsRefusal(undefined, 'no answer in time'));
  if (both.aborted) onAbort();
  both.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work(both), aborted.promise]);
  } finally {
    both.removeEventListener('abort', onAbort);
  }
}

function asRefusal(error: unknown): GcsRefusal | MediaFault {
  if (error instanceof GcsRefusal || error instanceof MediaFault) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  const cause = (error as { cause?: unknown }).cause;
  if (cause instanceof MediaFault) return cause;
  // The client's errors carry the request, and so the token: only status and text are kept.
  return new GcsRefusal(typeof code === 'number' ? code : undefined, String(message ?? code).slice(0, 200));
}

function isWorthRepeating(error: GcsRefusal | MediaFault): boolean {
  if (error instanceof MediaFault) return false; // the key's fault
  const { status } = error;
  return status === undefined || status === 401 || status === 408 || status === 429 || status >= 500;
}

/** What a refusal means to those who use the store. */
export function asMediaFault(error: unknown): unknown {
  if (!(error instanceof GcsRefusal)) return error;
  const keyFault = keyFaultOf(error);
  if (keyFault) return MediaFault.ofKey({ code: keyFault }, kindOf(error)); // the storage's own text names the account
  const status = error.status ?? 'no answer';
  return new MediaFault(kindOf(error), `Google Cloud Storage: ${status}: ${error.message}`);
}

/** @see https://cloud.google.com/storage/docs/json_api/v1/status-codes */
function keyFaultOf({ status, message }: GcsRefusal): KeyFaultCode | undefined {
  if (status === 401) return 'token_refused';
  if (status === 403 && /billing/i.test(message)) return 'billing_disabled';
  if (status === 403 && /does not have \S+ access|permission|scope/i.test(message)) return 'no_permission';
  return isBucketMissing({ status, message }) ? 'bucket_missing' : undefined;
}

function kindOf({ status, message }: GcsRefusal): MediaFaultKind {
  if (status === 401 || status === 403) return 'forbidden';
  if (status === 416) return 'damaged';
  return status === 404 && !isBucketMissing({ status, message }) ? 'missing' : 'unavailable';
}

/** It answers 404 as well, and says nothing about its objects. */
function isBucketMissing({ status, message }: Pick<GcsRefusal, 'status' | 'message'>): boolean {
  return status === 404 && /bucket does not exist/i.test(message);
}
