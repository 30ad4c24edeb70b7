/**
 * Takes a `multipart/related` upload apart: first the metadata as JSON, then the content, which streams.
 *
 * Well-kept parsers read forms (`multipart/form-data`) only. Line ends are CRLF by the standard and LF from gcloud;
 * the first line tells which.
 * @see RFC 2046, 5.1.1; RFC 2387
 */

import { refuse } from '../objectStore/gcsError.ts';
import { readJson } from './call.ts';

export interface MultipartUpload {
  metadata: unknown;
  contentType: string | undefined;
  /** To be read to its end: it throws when the closing boundary is missing, so a cut body never counts. */
  content: AsyncIterable<Buffer>;
}

const LARGEST_HEADERS_BYTES = 16 * 1024;

export async function readMultipart(pieces: AsyncIterable<Buffer>, contentType: string): Promise<MultipartUpload> {
  // gcloud puts the boundary between single quotes, which no standard knows and Google takes.
  const [, boundary] = /;\s*boundary=(?:"([^"]+)"|'([^']+)'|([^\s;]+))/i.exec(contentType)?.filter((match) => match !== undefined) ?? [];
  if (!boundary) throw refuse.invalid('Missing multipart boundary');
  const reader = new DelimitedReader(pieces);
  await reader.textUntil(`--${boundary}`);
  const lineEnd = (await reader.textUntil('\n')).endsWith('\r') ? '\r\n' : '\n';
  const delimiter = `${lineEnd}--${boundary}`;

  await reader.textUntil(lineEnd + lineEnd); // says that the first part is JSON, which it has to be
  const metadata = await readJson(reader.until(delimiter));
  await reader.textUntil(lineEnd);
  const headers = await reader.textUntil(lineEnd + lineEnd);
  const [, type] = /^content-type:[ \t]*(.+?)[ \t\r]*$/im.exec(headers) ?? [];
  return { metadata, contentType: type, content: reader.until(delimiter) };
}

/** Reads a stream up to one delimiter after the other. */
class DelimitedReader {
  #pieces: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(pieces: AsyncIterable<Buffer>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** Everything before the delimiter, which is skipped. What may be the beginning of the delimiter is held back. */
  async *until(delimiter: string): AsyncGenerator<Buffer> {
    const wanted = Buffer.from(delimiter);
    for (;;) {
      const at = this.#rest.indexOf(wanted);
      if (at >= 0) {
        const before = this.#rest.subarray(0, at);
        this.#rest = this.#rest.subarray(at + wanted.length);
        if (before.length > 0) yield before;
        return;
      }
      const sure = Math.max(0, this.#rest.length - wanted.length + 1);
      const before = this.#rest.subarray(0, sure);
      this.#rest = this.#rest.subarray(sure);
      if (before.length > 0) yield before;
      const next = await this.#pieces.next();
      if (next.done) throw refuse.invalid('Malformed multipart body');
      this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, next.value]) : next.value;
    }
  }

  async textUntil(delimiter: string): Promise<string> {
    let text = '';
    for await (const piece of this.until(delimiter)) {
      text += piece.toString('latin1');
      if (text.length > LARGEST_HEADERS_BYTES) throw refuse.invalid('Malformed multipart body');
    }
    return text;
  }
}
