import { createHash } from 'node:crypto';
import { addAbortSignal } from 'node:stream';
import { MediaFault, type MediaStore } from '#shared/media';
import type { FileObject } from './schema.ts';

export type CopyState = 'good' | 'missing' | 'damaged';

/**
 * Reads a copy to its end and compares it with what was written once.
 *
 * @throws {MediaFault} `unavailable`, `forbidden`: nothing can be said of it now
 */
export async function verifyCopy(store: MediaStore, object: FileObject, signal?: AbortSignal): Promise<CopyState> {
  try {
    const hash = createHash('sha256');
    let seen = 0;
    for await (const chunk of readCopy(store, object.name, signal)) {
      hash.update(chunk);
      seen += chunk.length;
    }
    return seen === object.bytes && hash.digest('hex') === object.sha256 ? 'good' : 'damaged';
  } catch (error) {
    if (isLoss(error)) return error.kind;
    throw error;
  }
}

/**
 * The same by what the store tells of it: one short call, and no bytes. What a disk has changed by itself is not seen.
 *
 * @throws {MediaFault} `unavailable`, `forbidden`: nothing can be said of it now
 */
export async function findCopy(store: MediaStore, { name, sha256 }: Pick<FileObject, 'name' | 'sha256'>): Promise<CopyState> {
  try {
    const found = await store.find(name);
    if (!found) return 'missing';
    return found.sha256 === sha256 ? 'good' : 'damaged';
  } catch (error) {
    if (isLoss(error)) return error.kind;
    throw error;
  }
}

/** The bytes of a copy, from the moment the first is asked for. @throws {MediaFault}, also when it breaks off; the reason of `signal` */
export async function* readCopy(store: MediaStore, name: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const { body } = await store.open(name, undefined, signal);
  if (signal) addAbortSignal(signal, body);
  try {
    yield* body as AsyncIterable<Buffer>;
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof MediaFault ? error : new MediaFault('unavailable', 'a copy cannot be read to its end', error);
  } finally {
    body.destroy();
  }
}

/** The store works, and has it not, or not as it was. */
export function isLoss(error: unknown): error is MediaFault & { kind: 'missing' | 'damaged' } {
  return error instanceof MediaFault && (error.kind === 'missing' || error.kind === 'damaged');
}
