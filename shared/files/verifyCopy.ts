import { createHash } from 'node:crypto';
import { MediaFault, type MediaStore } from '#shared/media';
import type { FileObject } from './schema.ts';

export type CopyState = 'good' | 'missing' | 'damaged';

/**
 * Reads a copy to its end and compares it with what was written once.
 *
 * @throws {MediaFault} `unavailable`, `forbidden`: nothing can be said of it now
 */
export async function verifyCopy(store: MediaStore, { name, bytes, sha256 }: FileObject, signal?: AbortSignal): Promise<CopyState> {
  try {
    const opened = await store.open(name, undefined, signal);
    const hash = createHash('sha256');
    let seen = 0;
    for await (const chunk of opened.body as AsyncIterable<Buffer>) {
      signal?.throwIfAborted();
      hash.update(chunk);
      seen += chunk.length;
    }
    return seen === bytes && hash.digest('hex') === sha256 ? 'good' : 'damaged';
  } catch (error) {
    if (error instanceof MediaFault && (error.kind === 'missing' || error.kind === 'damaged')) return error.kind;
    throw error;
  }
}
