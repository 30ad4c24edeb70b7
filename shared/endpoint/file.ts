/** Files over HTTP: ranges, conditions, HEAD, names. @see RFC 9110, 13 (conditional requests) and 14 (range requests) */
import type { Readable } from 'node:stream';
import { create as contentDisposition } from 'content-disposition';
import { type ByteRange, parseRange } from '#shared/media';
import { problem } from '#shared/runtime';
import type { Exchange } from './exchange.ts';
import type { FileReply } from './reply.ts';

/**
 * Writes the head of the answer.
 *
 * @returns the bytes still to be sent, or nothing when the answer is already complete
 * @throws `range_not_satisfiable`
 */
export async function respondFile({ req, res }: Exchange, file: FileReply): Promise<Readable | undefined> {
  const etag = `"${file.etag}"`;
  res.appendHeader('Vary', 'Authorization');
  if (matches(req.headers['if-none-match'], etag)) {
    res.writeHead(304, { ETag: etag }).end();
    return;
  }
  const range =
    req.method === 'GET' ? wantedRange(req.headers.range, String(req.headers['if-range'] ?? etag), etag, file.bytes) : undefined;
  const { start, end } = range ?? { start: 0, end: file.bytes - 1 };
  // Opened before anything is said of the file, so that a missing object is still an error of its own.
  const source = req.method === 'HEAD' ? undefined : await file.open(range);
  res.setHeader('ETag', etag);
  res.setHeader('Accept-Ranges', 'bytes');
  if (file.downloadName) res.setHeader('Content-Disposition', contentDisposition(file.downloadName));
  if (range) res.setHeader('Content-Range', `bytes ${start}-${end}/${file.bytes}`);
  res.writeHead(range ? 206 : 200, { 'Content-Type': file.contentType, 'Content-Length': end - start + 1 });
  if (!source) res.end();
  return source;
}

/** A range counts only in a GET (RFC 9110, 14.2), and while `If-Range` still names these bytes. */
function wantedRange(header: string | undefined, ifRange: string, etag: string, bytes: number): ByteRange | undefined {
  if (ifRange !== etag) return undefined;
  const range = parseRange(header, bytes);
  if (range === 'unsatisfiable') throw problem('range_not_satisfiable', { bytes });
  return range === 'all' ? undefined : range;
}

/** Whether a list of entity tags, as `If-None-Match` gives it, names this one. Weak comparison. @see RFC 9110, 8.8.3.2 */
export function matches(header: string | undefined, etag: string): boolean {
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '');
  return header?.split(',').some((tag) => tag.trim() === '*' || opaque(tag) === opaque(etag)) ?? false;
}
