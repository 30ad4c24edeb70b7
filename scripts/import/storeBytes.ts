import { mediaStore } from '#shared/media';

export interface ToStore {
  /** Of the entry: a run that was killed leaves staged bytes, which the next one replaces. */
  id: string;
  what: 'audio' | 'cover';
  contentType: string;
  maxBytes: number;
  nameOf(sha256: string): string;
  /** Called when all bytes are staged; what it throws keeps them from being published. */
  check?(): void;
}

const LIMIT_MS = 120_000;

/** Brings bytes into storage, under a name that holds their checksum. Repeating it changes nothing. */
export async function storeBytes(source: AsyncIterable<Uint8Array>, { id, what, contentType, maxBytes, nameOf, check }: ToStore) {
  const store = mediaStore();
  const signal = AbortSignal.timeout(LIMIT_MS);
  const staged = await store.stage(source, { stagingName: `staging/${id}/import-${what}`, contentType, maxBytes, signal });
  try {
    check?.();
    return await store.publish(staged, nameOf(staged.sha256));
  } catch (error) {
    await store.discard(staged);
    throw error;
  }
}
