import { createHash } from 'node:crypto';
import { MediaFault } from './port.ts';

export interface Measured extends AsyncIterable<Uint8Array> {
  /** What has passed; call it when the stream has ended. */
  result(): { bytes: number; sha256: string };
  /** Whether the stream ended for this reason: then it is no fault of whoever took the bytes. */
  failedWith(error: unknown): boolean;
}

/**
 * Counts and hashes bytes while they pass, one chunk at a time, at the pace of whoever takes them.
 *
 * @throws {MediaFault} `too_large` at the first byte over `maxBytes`; the reason of `signal` as soon as it aborts, even while
 * the source is silent
 */
export function measured(source: AsyncIterable<Uint8Array>, maxBytes: number, signal?: AbortSignal): Measured {
  const hash = createHash('sha256');
  let bytes = 0;
  const failures: unknown[] = [];
  async function* pass(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of interruptible(source, signal)) {
        bytes += chunk.byteLength;
        if (bytes > maxBytes) throw new MediaFault('too_large', `the source has more than ${maxBytes} bytes`);
        hash.update(chunk);
        yield chunk;
      }
    } catch (error) {
      failures.push(error);
      throw error;
    }
  }
  const stream = pass();
  return {
    [Symbol.asyncIterator]: () => stream,
    result: () => ({ bytes, sha256: hash.digest('hex') }),
    failedWith: (error) => failures.includes(error),
  };
}

async function* interruptible(source: AsyncIterable<Uint8Array>, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  if (!signal) return yield* source;
  const iterator = source[Symbol.asyncIterator]();
  const aborted = whenAborted(signal);
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted.promise]);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    aborted.stop();
    // Not awaited: a generator that waits inside `next` would answer only when that ends.
    void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

function whenAborted(signal: AbortSignal): { promise: Promise<never>; stop(): void } {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined); // it may reject when nobody waits
  const stop = () => signal.removeEventListener('abort', onAbort);
  function onAbort() {
    reject(signal.reason);
  }
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return { promise, stop };
}
