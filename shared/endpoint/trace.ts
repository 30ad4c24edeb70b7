import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface Trace {
  traceId: string;
  spanId: string;
  /** Of whoever called us. */
  parentSpanId: string | undefined;
  /** Whether its spans are collected, as whoever began it has decided. */
  isSampled: boolean;
}

// Version `ff` and ids of zeros are invalid; versions after `00` may say more behind the flags.
const TRACEPARENT = /^(?!ff)(?:00(?=.{53}$)|(?!00)[0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-|$)/;
const SAMPLED = 0x01;

/**
 * Takes the caller's trace on, with a span of our own, or begins one. `tracestate` ends here: anybody may have written anything into it,
 * and it would go to whomever we ask.
 *
 * @see W3C Trace Context, 3.2
 */
export function readTrace(headers: IncomingHttpHeaders): Trace {
  const spanId = chance(8);
  const [, traceId, parentSpanId, flags] = TRACEPARENT.exec(String(headers['traceparent'] ?? '')) ?? [];
  if (!traceId || !flags) return { traceId: chance(16), spanId, parentSpanId: undefined, isSampled: true };
  return { traceId, spanId, parentSpanId, isSampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 };
}

/** Asking for a little of it costs as much as asking for a lot, and each request needs some. */
let pool = Buffer.alloc(0);
let usedBytes = 0;

/** @returns so many bytes as hexadecimal digits, never the same ones twice */
function chance(bytes: number): string {
  if (usedBytes + bytes > pool.length) {
    pool = randomBytes(4096);
    usedBytes = 0;
  }
  usedBytes += bytes;
  return pool.toString('hex', usedBytes - bytes, usedBytes);
}
