/**
 * Every outgoing HTTP call of ours: one axios client with a time limit, a size limit and no redirects.
 *
 * Any status is an answer; a rejection means that there was none. Callers parse `data` with a schema.
 */
import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import type { AxiosInstance, AxiosRequestConfig } from 'axios';
import { traceparent } from './log.ts';

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
export async function send(request: HttpRequest): Promise<HttpAnswer> {
  client ??= connect();
  const axios = await client;
  const { query, body, timeoutMs, maxBytes = 1024 * 1024, signal, headers, fresh = false, ...target } = request;
  const trace = traceparent();
  const limit = AbortSignal.timeout(timeoutMs); // axios' own time-out does not cover a body that trickles
  let left = false;
  const options: AxiosRequestConfig = {
    ...target,
    transport: transportThatTells(() => {
      left = true;
    }),
    headers: { ...(trace ? { traceparent: trace } : {}), ...headers },
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
