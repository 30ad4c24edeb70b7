import type { IncomingHttpHeaders } from 'node:http';
import type { Content } from '../objectStore/contentWriter.ts';
import { refuse } from '../objectStore/gcsError.ts';

/** Base64, as senders state them. */
export interface ExpectedHashes {
  crc32c?: string | undefined;
  md5Hash?: string | undefined;
}

/** From `x-goog-hash: crc32c=…,md5=…`, which may also come as two headers, and `Content-MD5`. */
export function expectedHashes(headers: IncomingHttpHeaders): ExpectedHashes {
  const stated = String(headers['x-goog-hash'] ?? '');
  const crc32c = /(?:^|[,\s])crc32c=([^,\s]+)/.exec(stated)?.[1];
  const md5Hash = /(?:^|[,\s])md5=([^,\s]+)/.exec(stated)?.[1] ?? headers['content-md5'];
  return { ...(crc32c ? { crc32c } : {}), ...(typeof md5Hash === 'string' ? { md5Hash } : {}) };
}

/** @throws 400 when what came is not what was sent */
export function checkHashes(content: Content, { crc32c, md5Hash }: ExpectedHashes): void {
  if (crc32c !== undefined && crc32c !== content.crc32c) throw refuse.wrongHash('CRC32C', crc32c, content.crc32c);
  if (md5Hash !== undefined && md5Hash !== content.md5Hash) throw refuse.wrongHash('MD5', md5Hash, content.md5Hash);
}
