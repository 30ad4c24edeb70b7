/** One request in the form the rest of the server works with. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { refuse } from '../objectStore/gcsError.ts';

export interface Call {
  method: string;
  /** The path's parts, each decoded by itself: an encoded slash inside a part stays inside. */
  parts: string[];
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** How the caller reached this server: `http://host:port`. */
  origin: string;
  request: IncomingMessage;
}

/** @throws 400 when the path is no valid percent-encoding */
export function readCall(request: IncomingMessage): Call {
  // Not by `new URL`: it resolves `.` and `..`, which are legal in names of objects.
  const [path = '', ...search] = (request.url ?? '/').split('?');
  return {
    method: request.method ?? 'GET',
    parts: path.split('/').slice(1).map(decodePart),
    query: new URLSearchParams(search.join('?')),
    headers: request.headers,
    origin: `http://${request.headers.host ?? 'localhost'}`,
    request,
  };
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw refuse.invalid('Invalid percent-encoding in the path');
  }
}

/** The body, piece by piece. Stopping early leaves the connection open, so that a refusal still reaches the caller. */
export function piecesOf(request: IncomingMessage): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer> };
}

const LARGEST_JSON_BYTES = 1024 * 1024;

/** A JSON body, `{}` when there is none. @throws 400 */
export async function readJson(pieces: AsyncIterable<Buffer>): Promise<unknown> {
  const read: Buffer[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    if (bytes > LARGEST_JSON_BYTES) throw refuse.invalid('The JSON body is too large');
    read.push(piece);
  }
  const text = Buffer.concat(read).toString();
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw refuse.invalid('Parse Error');
  }
}
