import { Readable } from 'node:stream';
import { callGcs, GcsRefusal } from './gcsCall.ts';
import { type Gcs, requestGcs, textOf } from './gcsRequest.ts';
import { MediaFault, type OpenedObject } from './port.ts';
import type { ByteRange } from './ranges.ts';

const SILENCE_LIMIT_MS = 20_000;

/** Opens an object for reading. The stream breaks off with `unavailable` when nothing comes for 20 s, and frees its connection when destroyed. */
export function downloadFromGcs(gcs: Gcs, name: string, range?: ByteRange, signal?: AbortSignal): Promise<OpenedObject> {
  const { client, context } = gcs;
  const url = `${client.endpoint}/storage/v1/b/${client.bucket.name}/o/${encodeURIComponent(name)}?alt=media`;
  const headers = { 'accept-encoding': 'identity', ...(range ? { range: `bytes=${range.start}-${range.end}` } : {}) };
  const ask = async (limit: AbortSignal) => {
    limit.throwIfAborted(); // it would not tell again, and nobody would end the request
    const ended = new AbortController();
    const endEarly = () => ended.abort();
    limit.addEventListener('abort', endEarly, { once: true });
    const { status, headers: answered, data } = await requestGcs(gcs, 'GET', url, { headers }, ended.signal);
    if (status !== (range ? 206 : 200)) throw new GcsRefusal(status, await textOf(data));
    limit.removeEventListener('abort', endEarly); // the limit is for the answer, not for the listening
    const total = range ? /\/(\d+)$/.exec(answered.get('content-range') ?? '')?.[1] : answered.get('content-length');
    const body = Readable.from(unlessSilent(data), { objectMode: false });
    body.once('close', () => ended.abort());
    body.on('error', () => undefined); // whoever reads is told; that nobody reads any more must not end the process
    return { bytes: Number(total), contentType: answered.get('content-type') ?? 'application/octet-stream', body };
  };
  return callGcs(ask, context, signal);
}

/** Passes chunks on. Time is counted only while the storage is waited for, never while the listener is slow. */
async function* unlessSilent(data: Readable): AsyncGenerator<Buffer> {
  const chunks = data[Symbol.asyncIterator]();
  try {
    for (;;) {
      const timer = setTimeout(() => data.destroy(new Error('silence')), SILENCE_LIMIT_MS);
      const next: IteratorResult<Buffer> = await chunks.next().finally(() => clearTimeout(timer));
      if (next.done) return;
      yield next.value;
    }
  } catch {
    throw new MediaFault('unavailable', 'Google Cloud Storage: the download broke off');
  } finally {
    data.destroy();
  }
}
