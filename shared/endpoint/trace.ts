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

// Version `ff` and ids of zeros are invalid; later versions may say more behind the flags.
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-|$)/;
const SAMPLED = 0x01;

/** Takes the caller's trace on, with a span of our own, or begins one. @see W3C Trace Context, 3.2 */
export function readTrace(headers: IncomingHttpHeaders): Trace {
  const spanId = randomBytes(8).toString('hex');
  const [, traceId, parentSpanId, flags] = TRACEPARENT.exec(String(headers['traceparent'] ?? '')) ?? [];
  if (!traceId || !flags) return { traceId: randomBytes(16).toString('hex'), spanId, parentSpanId: undefined, isSampled: true };
  return { traceId, spanId, parentSpanId, isSampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 };
}
