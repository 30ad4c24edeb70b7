import { createReadStream } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import parseRange from 'range-parser';
import { refuse } from '../objectStore/gcsError.ts';
import type { Storage } from '../objectStore/storage.ts';
import type { StoredObject } from '../objectStore/storedObject.ts';
import type { Call } from './call.ts';

const PIECE_BYTES = 256 * 1024;

/**
 * Sends an object's content, or the one range that is asked for, as it streams from the disk.
 *
 * A listener who leaves ends the reading: `pipeline` closes the descriptor in every case.
 * @param headers - on top of those that both APIs send
 * @throws 416
 */
export async function sendObject(
  call: Call,
  response: ServerResponse,
  storage: Storage,
  object: StoredObject,
  headers: Record<string, string>,
): Promise<void> {
  const range = rangeOf(call, object, headers['etag']);
  const { start, end } = range ?? { start: 0, end: object.bytes - 1 };
  response.writeHead(range ? 206 : 200, {
    ...contentHeaders(object),
    ...headers,
    'content-length': end - start + 1,
    ...(range ? { 'content-range': `bytes ${start}-${end}/${object.bytes}` } : {}),
  });
  if (call.method === 'HEAD' || end < start) {
    response.end();
    return;
  }
  const descriptor = storage.bucket(object.bucket).openContent(object);
  const content = createReadStream('', { fd: descriptor, start, end, highWaterMark: PIECE_BYTES });
  await pipeline(content, response).catch(ignoreLeaving);
}

/** What the metadata says about the content. `x-goog-hash` is of the whole object, whatever range is sent. */
function contentHeaders(object: StoredObject): Record<string, string> {
  const { editable, bytes, crc32c, md5Hash, generation, metageneration } = object;
  return {
    'content-type': editable.contentType ?? 'application/octet-stream',
    'cache-control': editable.cacheControl ?? 'private, max-age=0',
    'accept-ranges': 'bytes',
    'last-modified': new Date(object.updatedAt).toUTCString(),
    'x-goog-hash': `crc32c=${crc32c},md5=${md5Hash}`,
    'x-goog-generation': String(generation),
    'x-goog-metageneration': String(metageneration),
    'x-goog-storage-class': 'STANDARD',
    'x-goog-stored-content-encoding': editable.contentEncoding ?? 'identity',
    'x-goog-stored-content-length': String(bytes),
    ...(editable.contentDisposition ? { 'content-disposition': headerText(editable.contentDisposition) } : {}),
    ...(editable.contentEncoding ? { 'content-encoding': editable.contentEncoding } : {}),
    ...(editable.contentLanguage ? { 'content-language': editable.contentLanguage } : {}),
  };
}

/** As Node wants header values: one character per byte of the UTF-8 form. */
export function headerText(value: string): string {
  return Buffer.from(value).toString('latin1');
}

/** Nothing when the whole object is to be sent: no range, more than one, another unit, nonsense, or an `If-Range` that does not hold. */
function rangeOf(call: Call, { bytes }: StoredObject, etag: string | undefined): { start: number; end: number } | undefined {
  const { range, 'if-range': ifRange } = call.headers;
  if (!range || (ifRange !== undefined && ifRange !== etag)) return undefined;
  const ranges = parseRange(bytes, range);
  if (ranges === -1) throw refuse.rangeNotSatisfiable(bytes);
  return ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1 ? undefined : ranges[0];
}

function ignoreLeaving(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
}
