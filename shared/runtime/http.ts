/**
 * Every outgoing HTTP call of ours: one axios client with a time limit, a size limit and no redirects.
 *
 * Any status is an answer; a rejection means that there was none. Callers parse `data` with a schema.
 */
import { randomBytes } from 'node:crypto';
import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import type { AxiosInstance, AxiosRequestConfig } from 'axios';
import { systemClock } from './clock.ts';
import { logContext, traceparent, withLogContext } from './log.ts';

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  url: string;
  headers?: Record<string, string>;
  query?: Record<string, string | number>;
  /** An object goes out as JSON, URLSearchParams as a form. */
  body?: object | URLSearchParams;
  /** Limit of the whole exchange. */
  timeoutMs: number;
  /** Largest answer that is read. @default 1 MiB */
  maxBytes?: number;
  signal?: AbortSignal;
  /** On a connection of its own. A kept one may be just closing, and then nobody knows whether the request has arrived. */
  fresh?: boolean;
}

export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  /** Parsed when it is JSON, else the text. */
  data: unknown;
}

let client: Promise<AxiosInstance> | undefined;

async function connect(): Promise<AxiosInstance> {
  const { default: axios } = await import('axios');
  return axios.create({ maxRedirects: 0, validateStatus: () => true, proxy: false });
}

/** Sends one request, once. @throws {HttpFailure} when no complete answer came */
export function send(request: HttpRequest): Promise<HttpAnswer> {
  return traced(request, (trace) => sendWith(trace, request));
}

async function sendWith(trace: Record<string, string>, request: HttpRequest): Promise<HttpAnswer> {
  client ??= connect();
  const axios = await client;
  const { query, body, timeoutMs, maxBytes = 1024 * 1024, signal, headers, fresh = false, ...target } = request;
  const limit = AbortSignal.timeout(timeoutMs); // axios' own time-out does not cover a body that trickles
  let left = false;
  const options: AxiosRequestConfig = {
    ...target,
    transport: transportThatTells(() => {
      left = true;
    }),
    headers: { ...trace, ...headers },
    maxContentLength: maxBytes,
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
    ...(fresh ? { httpAgent: new http.Agent(), httpsAgent: new https.Agent() } : {}), // agents keep connections only when told to
    ...(query ? { params: query } : {}),
    ...(body ? { data: body } : {}),
  };
  try {
    const { status, headers: answered, data } = await axios.request(options);
    return { status, headers: Object.fromEntries(Object.entries(answered).map(([name, value]) => [name, String(value)])), data };
  } catch (error) {
    throw new HttpFailure(error, { timedOut: limit.aborted, left });
  }
}

/**
 * Node's own transport, telling when the first byte of a request can have left: once connected, for https once the handshake
 * is over, at once on a connection that is used again. The error code cannot tell: ECONNRESET comes before and after.
 */
function transportThatTells(onLeft: () => void) {
  return {
    request(options: RequestOptions, onAnswer: (answer: IncomingMessage) => void): ClientRequest {
      const isSecure = options.protocol === 'https:';
      const request = (isSecure ? https : http).request(options, onAnswer);
      request.once('socket', (socket) => {
        if (socket.connecting) socket.once(isSecure ? 'secureConnect' : 'connect', onLeft);
        else onLeft();
      });
      return request;
    },
  };
}

/** A piece of work that has ended, as collectors of traces want it. Nothing in it names a person or holds an input. */
export interface Span {
  name: string;
  /** Answering a request, or asking another service. */
  kind: 'server' | 'client';
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  startedAtMs: number;
  durationMs: number;
  attributes: Record<string, string | number>;
  isFailed: boolean;
}

let onSpan: ((span: Span) => void) | undefined;

/** @param collector - is given every span of a sampled trace when it has ended; without one none is made. It must not throw */
export function collectSpans(collector: typeof onSpan): void {
  onSpan = collector;
}

/** Gives a span that has ended to the collector, if there is one. */
export function endSpan(span: Span): void {
  onSpan?.(span);
}

/**
 * Asks another service, as a span of its own when spans are collected.
 *
 * @param call - is given the headers that carry the trace of the work that runs now
 */
export async function traced<T extends { status: number }>(
  { method, url }: { method: string; url: string },
  call: (headers: Record<string, string>) => Promise<T>,
): Promise<T> {
  const { traceId, spanId: parentSpanId, isSampled = true } = logContext();
  if (!onSpan || !traceId || !isSampled) return call(traceHeaders());
  const spanId = randomBytes(8).toString('hex');
  const [startedAtMs, startMs] = [systemClock.now(), systemClock.monotonicMs()];
  const { host } = new URL(url); // and no more of it: paths can be secrets, queries hold what people wrote
  const end = (status: number | undefined) =>
    endSpan({
      ...{ name: `${method} ${host}`, kind: 'client', traceId, spanId, parentSpanId, startedAtMs },
      durationMs: systemClock.monotonicMs() - startMs,
      attributes: { 'http.request.method': method, 'server.address': host, ...(status ? { 'http.response.status_code': status } : {}) },
      isFailed: status === undefined || status >= 400,
    });
  try {
    const answer = await withLogContext({ spanId }, () => call(traceHeaders()));
    end(answer.status);
    return answer;
  } catch (error) {
    end(undefined);
    throw error;
  }
}

function traceHeaders(): Record<string, string> {
  const trace = traceparent();
  return trace ? { traceparent: trace } : {};
}

/** There was no complete answer. */
export class HttpFailure extends Error {
  override name = 'HttpFailure';
  readonly code: string;
  /** No byte of the request has left this machine: name not found, no connection, no handshake, or never begun. */
  readonly neverLeft: boolean;

  constructor(cause: unknown, { timedOut, left }: { timedOut: boolean; left: boolean }) {
    const code = timedOut ? 'TIMEOUT' : String((cause as { code?: unknown }).code ?? 'UNKNOWN');
    super(`no answer: ${code}`); // the cause of an axios error holds headers with keys: it is not kept
    this.code = code;
    this.neverLeft = !left;
  }
}
