import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import type { AxiosInstance } from 'axios';
import { mayBePublic, publicLookup } from './publicAddress.ts';

export interface DownloadOptions {
  /** At exactly its origin plain http and addresses that are not public are allowed. */
  providerBaseUrl: string;
  maxBytes: number;
  /** Limit of the whole download, redirects and the last byte of the body counted in. */
  timeoutMs: number;
  signal?: AbortSignal;
}

export interface Download {
  /** Always 200: anything else is a fault. */
  status: number;
  contentType: string | null;
  /** As declared; a body that falls short of it ends in the fault `cut`. */
  contentLength: number | null;
  /** Read it once, or stop early: both free the connection. Throws `DownloadFault`. It is read no faster than you take it. */
  body: AsyncIterable<Uint8Array>;
  finalUrl: string;
}

export type DownloadFaultKind = 'forbidden_address' | 'too_large' | 'timeout' | 'unreachable' | 'bad_status' | 'too_many_redirects' | 'cut'; // it broke off, or the caller's signal ended it

const MAX_REDIRECTS = 3;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Starts to fetch a file from an address that somebody else gave us, without letting that address lead into our own networks.
 *
 * Allowed are https and public addresses, at every redirect. What is checked is the very address that the socket connects to,
 * before anything is sent. Nothing of ours goes along: no key, no trace. The bytes come as they are on the wire.
 *
 * @throws {DownloadFault} before the body starts; the body throws it too
 */
export async function openDownload(url: string, options: DownloadOptions): Promise<Download> {
  const bound = new TimeBound(options);
  try {
    let target = acceptedUrl(url, options);
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const answer = await ask(target, options, bound);
      if (!REDIRECTS.has(answer.status)) return toDownload(answer, target, options, bound);
      answer.stream.destroy();
      if (answer.location === null) throw new DownloadFault('bad_status', answer.status);
      target = acceptedUrl(answer.location, options, target);
    }
    throw new DownloadFault('too_many_redirects');
  } catch (error) {
    bound.end();
    throw error;
  }
}

/** A download did not succeed. Its message does not hold the address: whoever knows that can fetch the file. */
export class DownloadFault extends Error {
  override name = 'DownloadFault';
  readonly kind: DownloadFaultKind;
  /** With `bad_status`: the status that was answered. */
  readonly status?: number;

  constructor(kind: DownloadFaultKind, status?: number) {
    super(`download: ${kind}${status === undefined ? '' : ` (HTTP ${status})`}`);
    this.kind = kind;
    if (status !== undefined) this.status = status;
  }
}

/** Ends the download, read or not, when its time is over or the caller wants no more; `fault` then says which. */
class TimeBound {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #callerSignal: AbortSignal | undefined;
  readonly #onCallerAbort = () => this.#abort('cut');
  fault: DownloadFault | undefined;

  constructor({ timeoutMs, signal }: DownloadOptions) {
    this.#timer = setTimeout(() => this.#abort('timeout'), timeoutMs).unref(); // the open connection keeps the process, not this
    this.#callerSignal = signal;
    if (signal?.aborted) this.#abort('cut');
    else signal?.addEventListener('abort', this.#onCallerAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#callerSignal?.removeEventListener('abort', this.#onCallerAbort);
  }

  #abort(kind: DownloadFaultKind): void {
    this.fault = new DownloadFault(kind);
    this.end();
    this.#controller.abort();
  }
}

function acceptedUrl(address: string, options: DownloadOptions, base?: URL): URL {
  const url = URL.parse(address, base); // writes 0x7f.1 or 2130706433 out as 127.0.0.1
  const isAccepted =
    url && !url.username && !url.password && (isProvider(url, options) || (url.protocol === 'https:' && mayBePublic(url.hostname)));
  if (!isAccepted) throw new DownloadFault('forbidden_address');
  return url;
}

function isProvider(url: URL, { providerBaseUrl }: DownloadOptions): boolean {
  return /^https?:$/.test(url.protocol) && url.origin === new URL(providerBaseUrl).origin;
}

interface Answer {
  status: number;
  location: string | null;
  contentType: string | null;
  contentLength: number | null;
  stream: Readable;
}

let client: Promise<AxiosInstance> | undefined;

async function connect(): Promise<AxiosInstance> {
  const { default: axios } = await import('axios');
  return axios.create({
    responseType: 'stream',
    maxRedirects: 0,
    validateStatus: () => true,
    proxy: false,
    decompress: false, // a few bytes could become many
    headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'sori' },
  });
}

async function ask(url: URL, options: DownloadOptions, bound: TimeBound): Promise<Answer> {
  let isRefused = false;
  const lookup = publicLookup(() => {
    isRefused = true;
  });
  // A connection of its own: a kept one would skip the look-up. All addresses of a name are tried.
  const connection = { keepAlive: false, autoSelectFamily: true, ...(isProvider(url, options) ? {} : { lookup }) };
  client ??= connect();
  const axios = await client;
  const agents = { httpAgent: new http.Agent(connection), httpsAgent: new https.Agent(connection) };
  try {
    const { status, headers, data } = await axios.request<Readable>({ url: url.href, signal: bound.signal, ...agents });
    const header = (name: string) => (typeof headers[name] === 'string' ? headers[name] : null);
    const length = header('content-length');
    const contentLength = length !== null && /^\d+$/.test(length) ? Number(length) : null;
    return { status, location: header('location'), contentType: header('content-type'), contentLength, stream: data };
  } catch {
    throw bound.fault ?? new DownloadFault(isRefused ? 'forbidden_address' : 'unreachable');
  }
}

function toDownload(answer: Answer, url: URL, { maxBytes }: DownloadOptions, bound: TimeBound): Download {
  const { status, contentType, contentLength, stream } = answer;
  const fault = status !== 200 ? new DownloadFault('bad_status', status) : undefined;
  const tooLarge = contentLength !== null && contentLength > maxBytes ? new DownloadFault('too_large') : undefined;
  if (fault || tooLarge) {
    stream.destroy();
    throw fault ?? tooLarge;
  }
  return { status, contentType, contentLength, body: boundedBody(stream, maxBytes, bound), finalUrl: url.href };
}

async function* boundedBody(stream: Readable, maxBytes: number, bound: TimeBound): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new DownloadFault('too_large');
      yield chunk;
    }
  } catch (error) {
    throw bound.fault ?? (error instanceof DownloadFault ? error : new DownloadFault('cut'));
  } finally {
    bound.end();
  }
}
