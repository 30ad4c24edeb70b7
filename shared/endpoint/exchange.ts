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
}

export function beginExchange(endpoint: Endpoint, instance: Instance, req: IncomingMessage, res: ServerResponse): Exchange {
  const { clock, newId } = instance.world;
  const requestId = newId('req');
  const trace = readTrace(req.headers);
  const { TRUSTED_PROXY_HOPS, K_SERVICE } = config();
  return {
    endpoint,
    instance,
    req,
    res,
    url: readTarget(req.url),
    body: undefined,
    requestId,
    address: callerAddress(req.headers, req.socket.remoteAddress, TRUSTED_PROXY_HOPS ?? (K_SERVICE ? 1 : 0)),
    logContext: { function: endpoint.name, requestId, ...trace },
    startedAtMs: clock.monotonicMs(),
    limitMs: limitOf(endpoint),
    now: new Date(clock.now()),
  };
}

const LONGEST_TO_FIRST_BYTE_S = 30;

function limitOf({ output, resources }: Endpoint): number {
  return (output === 'bytes' ? Math.min(resources.timeoutS, LONGEST_TO_FIRST_BYTE_S) : resources.timeoutS) * 1000 - 500;
}

/** Two slashes in front would make the first segment a host; what is no path becomes one that nothing answers to. */
function readTarget(target: string | undefined): URL {
  const path = `/${(target ?? '').replace(/^\/+/, '')}`;
  return URL.canParse(path, 'http://sori') ? new URL(path, 'http://sori') : new URL('http://sori/malformed-target');
}
