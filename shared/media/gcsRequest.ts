/**
 * Single requests to Google Cloud Storage with the client's account, for moving bytes.
 *
 * The client's own streams do not serve. Version 8.4.0 sends resumable uploads to another address without a token; its simple
 * uploads cannot be aborted; and a download that is aborted ends the connections of all requests that run beside it.
 */
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { traced } from '#shared/runtime';
import type { CallContext } from './gcsCall.ts';
import type { GcsClient } from './gcsClient.ts';

export interface Gcs {
  client: GcsClient;
  context: CallContext;
}

const LONGEST_TEXT_BYTES = 64 * 1024;

export interface GcsAnswer {
  status: number;
  headers: Headers;
  data: Readable;
}

/** Any status is an answer; whoever gets it reads or destroys `data`. */
export async function requestGcs(
  { client }: Gcs,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  { headers = {}, body }: { headers?: Record<string, string>; body?: Buffer },
  signal: AbortSignal,
): Promise<GcsAnswer> {
  const answer = await traced({ method, url }, (trace) =>
    client.auth.request<ReadableStream | null>({
      method,
      url,
      headers: { ...trace, ...headers },
      ...(body ? { data: body } : {}),
      responseType: 'stream',
      validateStatus: () => true,
      signal,
      fetchImplementation: fetch, // Node's own; the library would load another one
    }),
  );
  const { status, headers: answered, data } = answer;
  const stream = data ? Readable.fromWeb(data) : Readable.from([]);
  stream.on('error', () => undefined); // whoever reads it sees the error; when nobody does, it must not end the process
  return { status, headers: new Headers(answered), data: stream };
}

/** An error's text, or the description of an object; what is longer is cut. */
export async function textOf(data: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of data) {
    bytes += (chunk as Buffer).length;
    if (bytes > LONGEST_TEXT_BYTES) break;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
