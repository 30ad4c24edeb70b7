/**
 * Every outgoing HTTP call of ours: one axios client with a time limit, a size limit and no redirects.
 *
 * Any status is an answer; a rejection means that there was none. Callers parse `data` with a schema.
 */
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
  const { query, body, timeoutMs, maxBytes = 1024 * 1024, signal, headers, ...target } = request;
  const trace = traceparent();
  const limit = AbortSignal.timeout(timeoutMs); // axios' own time-out does not cover a body that trickles
  const options: AxiosRequestConfig = {
    ...target,
    headers: { ...(trace ? { traceparent: trace } : {}), ...headers },
    maxContentLength: maxBytes,
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
    ...(query ? { params: query } : {}),
    ...(body ? { data: body } : {}),
  };
  try {
    const { status, headers: answered, data } = await axios.request(options);
    return { status, headers: Object.fromEntries(Object.entries(answered).map(([name, value]) => [name, String(value)])), data };
  } catch (error) {
    throw new HttpFailure(error, limit.aborted);
  }
}

/** There was no complete answer. `neverLeft` tells whether the request can have reached anyone. */
export class HttpFailure extends Error {
  override name = 'HttpFailure';
  readonly code: string;
  readonly neverLeft: boolean;

  constructor(cause: unknown, timedOut: boolean) {
    const code = timedOut ? 'TIMEOUT' : String((cause as { code?: unknown }).code ?? 'UNKNOWN');
    super(`no answer: ${code}`); // the cause of an axios error holds headers with keys: it is not kept
    this.code = code;
    this.neverLeft = NEVER_CONNECTED.has(code);
  }
}

const NEVER_CONNECTED = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL']);
