/** Files over HTTP: ranges, conditions, HEAD, names. @see RFC 9110, 13 (conditional requests) and 14 (range requests) */
import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { create as contentDisposition } from 'content-disposition';
import { type ByteRange, parseRange } from '#shared/media';
import { problem } from '#shared/runtime';
import type { Exchange } from './exchange.ts';
import type { FileReply } from './reply.ts';

const RETRY_AFTER_S = 30;

/** What follows the head of an answer. */
export interface Body {
  source: Readable;
  /** As the head says. */
  length: number;
}

/**
 * Writes the head of the answer. HEAD gets the very head that a GET would get, with the same look at the store before it.
 *
 * @returns the bytes still to be sent, or nothing when the answer is already complete
 * @throws `range_not_satisfiable`; `feature_unavailable` when the whole was asked for and is more than one answer may carry now
 */
export async function respondFile({ req, res, requestId }: Exchange, file: FileReply): Promise<Body | undefined> {
  if (isUnchanged(req.headers, file)) {
    res.writeHead(304, validators(file)).end();
    return;
  }
  const ranges = req.method === 'GET' ? wantedRanges(req.headers, file) : undefined;
  if (!ranges && file.bytes > mostBytes(file)) {
    throw problem('feature_unavailable', { feature: 'streaming', reason: 'storage', retryAfterS: RETRY_AFTER_S });
  }
  const { status, headers, length, open } = partial(file, ranges, requestId);
  // Opened before anything is said of the file, so that a missing object is still an error of its own.
  const source = await (req.method === 'HEAD' ? file.open(file.bytes > 0 ? { start: 0, end: 0 } : undefined) : open());
  if (file.downloadName) res.setHeader('Content-Disposition', contentDisposition(file.downloadName));
  res.writeHead(status, { ...validators(file), 'Accept-Ranges': 'bytes', ...headers, 'Content-Length': length });
  if (req.method !== 'HEAD') {
    if (!ranges || ranges.some(({ start }) => start === 0)) void file.onFirstByte?.();
    return { source, length };
  }
  source.destroy();
  res.end();
  return undefined;
}

function validators({ etag, modifiedAt }: FileReply): Record<string, string> {
  return { ETag: `"${etag}"`, ...(modifiedAt ? { 'Last-Modified': modifiedAt.toUTCString() } : {}) };
}

function mostBytes({ mostBytesAtOnce = Number.POSITIVE_INFINITY }: FileReply): number {
  return mostBytesAtOnce;
}

/** Whether the caller has these bytes already. A date counts only where no entity tag is given. @see RFC 9110, 13.1.2 and 13.1.3 */
function isUnchanged(headers: IncomingHttpHeaders, { etag, modifiedAt }: FileReply): boolean {
  const known = headers['if-none-match'];
  if (known !== undefined) return matches(known, `"${etag}"`);
  const since = readDate(headers['if-modified-since']);
  return since !== undefined && modifiedAt !== undefined && secondOf(modifiedAt) <= since;
}

/** Whether a list of entity tags, as `If-None-Match` gives it, names this one. Weak comparison. @see RFC 9110, 8.8.3.2 */
export function matches(header: string | undefined, etag: string): boolean {
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '');
  return header?.split(',').some((tag) => tag.trim() === '*' || opaque(tag) === opaque(etag)) ?? false;
}

/**
 * The ranges to be sent; the whole when there are none. Ranges count only in a GET (RFC 9110, 14.2), and while `If-Range` still
 * names these bytes. Where one answer may carry only so much, a single range is cut, and several at once are not looked at.
 */
function wantedRanges({ range, 'if-range': ifRange }: IncomingHttpHeaders, file: FileReply): ByteRange[] | undefined {
  if (ifRange !== undefined && !isStill(String(ifRange), file)) return undefined;
  const ranges = parseRange(range, file.bytes);
  if (ranges === 'unsatisfiable') throw problem('range_not_satisfiable', { bytes: file.bytes });
  if (ranges === 'all') return undefined;
  if (file.mostBytesAtOnce === undefined) return ranges;
  const [{ start, end }, ...more] = ranges;
  return more.length > 0 ? undefined : [{ start, end: Math.min(end, start + file.mostBytesAtOnce - 1) }];
}

/** A strong comparison: bytes under a name never change, so its date is as good as its tag. @see RFC 9110, 13.1.5 and 8.8.2.2 */
function isStill(ifRange: string, { etag, modifiedAt }: FileReply): boolean {
  return ifRange === `"${etag}"` || (modifiedAt !== undefined && readDate(ifRange) === secondOf(modifiedAt));
}

// The form that is written today, and the two that every recipient still has to read. RFC 9110, 5.6.7
const HTTP_DATE = /^(\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT|\w{6,9}, \d\d-\w{3}-\d\d [\d:]{8} GMT|\w{3} \w{3} [ \d]\d [\d:]{8} \d{4})$/;

/** @returns milliseconds since the epoch; undefined when there is no date, or none in a form of HTTP's */
function readDate(header: string | undefined): number | undefined {
  if (header === undefined || !HTTP_DATE.test(header)) return undefined;
  const time = Date.parse(header.endsWith('GMT') ? header : `${header} GMT`);
  return Number.isNaN(time) ? undefined : time;
}

/** HTTP's dates know no milliseconds. */
function secondOf(time: Date): number {
  return Math.floor(time.getTime() / 1000) * 1000;
}

interface Part {
  status: 200 | 206;
  headers: Record<string, string>;
  length: number;
  open(): Promise<Readable>;
}

function partial(file: FileReply, ranges: ByteRange[] | undefined, requestId: string): Part {
  const [range, ...more] = ranges ?? [];
  const headers = { 'Content-Type': file.contentType };
  if (!range) return { status: 200, headers, length: file.bytes, open: () => file.open() };
  // Never a multipart answer for a single range: its reader may not know the form. RFC 9110, 15.3.7.2
  if (more.length > 0) return manyParts(file, [range, ...more], requestId);
  const withRange = { ...headers, 'Content-Range': contentRange(range, file) };
  return { status: 206, headers: withRange, length: lengthOf(range), open: () => file.open(range) };
}

function lengthOf({ start, end }: ByteRange): number {
  return end - start + 1;
}

function contentRange({ start, end }: ByteRange, { bytes }: FileReply): string {
  return `bytes ${start}-${end}/${bytes}`;
}

/** @param boundary - not known before the answer begins, so nobody can have written it into a file. @see RFC 9110, 14.6 */
function manyParts(file: FileReply, ranges: ByteRange[], boundary: string): Part {
  const parts = ranges.map((range, at) => ({
    range,
    head: `${at > 0 ? '\r\n' : ''}--${boundary}\r\nContent-Type: ${file.contentType}\r\nContent-Range: ${contentRange(range, file)}\r\n\r\n`,
  }));
  const end = `\r\n--${boundary}--\r\n`;
  const length = parts.reduce((sum, { head, range }) => sum + head.length + lengthOf(range), end.length);
  return {
    status: 206,
    headers: { 'Content-Type': `multipart/byteranges; boundary=${boundary}` },
    length,
    async open() {
      const first = await file.open(ranges[0]);
      const body = Readable.from(inParts(parts, first, file, end), { objectMode: false });
      return body.once('close', () => first.destroy()); // a generator that was never begun frees nothing
    },
  };
}

/** One part is open at a time. Leaving the loop, whenever it is, closes that one. */
async function* inParts(parts: { range: ByteRange; head: string }[], first: Readable, file: FileReply, end: string) {
  for (const [at, { range, head }] of parts.entries()) {
    yield Buffer.from(head, 'latin1');
    yield* at === 0 ? first : await file.open(range);
  }
  yield Buffer.from(end, 'latin1');
}
