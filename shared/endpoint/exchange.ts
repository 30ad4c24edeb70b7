/** One request on its way through the pipeline, with what every step may need of it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { config, type LogContext } from '#shared/runtime';
import { type CallerAddress, callerAddress } from './callerAddress.ts';
import type { Endpoint } from './endpoint.ts';
import type { Instance } from './instance.ts';
import { readTrace } from './trace.ts';

export interface Exchange {
  endpoint: Endpoint;
  instance: Instance;
  req: IncomingMessage;
  res: ServerResponse;
  /** Path and query; the host in it means nothing. */
  url: URL;
  /** The parsed JSON body of a POST. */
  body: unknown;
  requestId: string;
  address: CallerAddress;
  logContext: LogContext;
  startedAtMs: number;
  /** The answer must be there within, or have begun when it is bytes; the platform cuts a little later, without one. */
  limitMs: number;
  now: Date;
  /** When recurring work was due. */
  scheduledAt: Date;
  /** What is counted of it, and known only on the way. */
  counted: Counted;
}

export interface Counted {
  /** What the check of the token took; null when none was sent. */
  authMs: number | null;
  callerHash: string | null;
  /** Answered without the database; null where that is no question. */
  cacheHit: boolean | null;
  /** When the first byte of a file was sent; an answer of JSON is sent at once. */
  firstByteAtMs: number | null;
}

export function beginExchange(endpoint: Endpoint, instance: Instance, req: IncomingMessage, res: ServerResponse): Exchange {
  const { clock, newId } = instance.world;
  const requestId = newId('req');
  const trace = readTrace(req.headers);
  const { TRUSTED_PROXY_HOPS, K_SERVICE } = config();
  const now = new Date(clock.now());
  return {
    endpoint,
    instance,
    req,
    res,
    url: readTarget(req.url),
    body: undefined,
    requestId,
    address: callerAddress(req.headers, req.socket.remoteAddress, TRUSTED_PROXY_HOPS ?? (K_SERVICE ? 1 : 0)),
    logContext: { function: endpoint.name, requestId, ...trace, method: req.method },
    startedAtMs: clock.monotonicMs(),
    limitMs: limitOf(endpoint),
    now,
    scheduledAt: endpoint.access === 'scheduler' ? readScheduleTime(req.headers['x-cloudscheduler-scheduletime'], now) : now,
    counted: { authMs: null, callerHash: null, cacheHit: null, firstByteAtMs: null },
  };
}

const LONGEST_TO_FIRST_BYTE_S = 30;

function limitOf({ output, resources }: Endpoint): number {
  return (output === 'bytes' ? Math.min(resources.timeoutS, LONGEST_TO_FIRST_BYTE_S) : resources.timeoutS) * 1000 - 500;
}

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** To the second. A header that nobody wrote, or nobody can read: the minute of `now`, so that two calls by hand in a row are one. */
function readScheduleTime(header: string | string[] | undefined, now: Date): Date {
  const scheduledMs = typeof header === 'string' && RFC_3339.test(header) ? Date.parse(header) : Number.NaN;
  const [timeMs, unitMs] = Number.isNaN(scheduledMs) ? [now.getTime(), 60_000] : [scheduledMs, 1000];
  return new Date(Math.floor(timeMs / unitMs) * unitMs);
}

/** Two slashes in front would make the first segment a host; what is no path becomes one that nothing answers to. */
function readTarget(target: string | undefined): URL {
  const path = `/${(target ?? '').replace(/^\/+/, '')}`;
  return URL.canParse(path, 'http://sori') ? new URL(path, 'http://sori') : new URL('http://sori/malformed-target');
}
