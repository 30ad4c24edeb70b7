/** Sentry's client, in a module of its own so that it can be loaded late. No instrumentation, no reading of requests: events only. */
import http from 'node:http';
import https from 'node:https';
import { defaultStackParser, linkedErrorsIntegration, makeNodeTransport, NodeClient, Scope } from '@sentry/node';
import type { DescribedError, ToldError } from '#shared/runtime';

export interface SentryOptions {
  dsn: string;
  /** What runs: the revision of the function. */
  release: string;
  /** Where that is. */
  environment: 'production' | 'local';
}

export interface Sentry {
  capture(told: ToldError): void;
  /** @returns whether everything has been taken within the time */
  flush(limitMs: number): Promise<boolean>;
}

/** A server that takes the connection and says nothing must not hold events, and with them memory, for ever. */
const SEND_LIMIT_MS = 5_000;
/** What is on its way at most; events beyond it are dropped, the log has them all. */
const MOST_ON_THE_WAY = 20;

/** By default the SDK sends what it finds of a request and of variables. We let it look at neither; this holds should it begin to. */
const NOTHING_PERSONAL = {
  ...{ userInfo: false, cookies: false, httpHeaders: false, httpBodies: [], urlQueryParams: false },
  ...{ databaseQueryData: false, stackFrameVariables: false, frameContextLines: 0 },
};

export function openSentry({ dsn, release, environment }: SentryOptions): Sentry {
  const client = new NodeClient({
    dsn,
    release,
    environment,
    integrations: [linkedErrorsIntegration()],
    stackParser: defaultStackParser,
    transport: makeNodeTransport,
    transportOptions: { bufferSize: MOST_ON_THE_WAY, httpModule: withTimeLimit(dsn.startsWith('https:') ? https : http) },
    dataCollection: NOTHING_PERSONAL,
    includeServerName: false,
    enableRuntimeChannelInjection: false,
    sendClientReports: false,
  });
  client.init();
  return {
    capture: (told) => void scopeOf(told, client).captureException(toError(told.error)),
    flush: async (limitMs) => await client.flush(limitMs),
  };
}

function scopeOf({ code, error, context }: ToldError, client: NodeClient): Scope {
  const { function: name, requestId, traceId, spanId, uidHash } = context;
  const scope = new Scope();
  scope.setClient(client);
  scope.setTags({ code, ...(name ? { function: name } : {}), ...(requestId ? { requestId } : {}) });
  if (!error.stack) scope.setFingerprint([code, name ?? 'process']); // by its text alone, each id in it would make a group
  if (uidHash) scope.setUser({ id: uidHash });
  if (traceId && spanId) scope.setContext('trace', { trace_id: traceId, span_id: spanId });
  return scope;
}

/** An error anew out of what was masked: the thrown one may hold more, such as the headers of a request. */
function toError({ name, message, stack, cause }: DescribedError): Error {
  const error = new Error(message, cause ? { cause: toError(cause) } : {});
  return Object.assign(error, { name: name ?? 'Error', stack });
}

/** A client's answers have a status. */
type OnAnswer = (answer: http.IncomingMessage & { statusCode: number }) => void;

function withTimeLimit(transport: typeof http | typeof https) {
  return {
    request: (options: http.RequestOptions | string | URL, onAnswer?: OnAnswer) => {
      const limited = { ...(options as http.RequestOptions), signal: AbortSignal.timeout(SEND_LIMIT_MS) };
      return transport.request(limited, onAnswer as (answer: http.IncomingMessage) => void);
    },
  };
}
