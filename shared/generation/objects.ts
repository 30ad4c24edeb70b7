/** The bytes of songs in storage: while they come, once they are good, and when nobody is to have them any more. */
import { MediaFault, type MediaStore, type StoredObject } from '#shared/media';

/** One attempt's own place: two workers that store the same song at once never write over one another. */
export function stagingName(songId: string, fence: number, what: 'audio' | 'cover'): string {
  return `staging/${songId}/${what}-${fence}`;
}

type StageOptions = Parameters<MediaStore['stage']>[1];

interface Naming {
  /** What the bytes are to be called, once they have come and passed whatever else it looks at. */
  nameOf(sha256: string): string;
}

/** Streams an object to its staging name, and gives it its own when it is good. What is not leaves nothing behind. */
export async function storeObject(
  store: MediaStore,
  source: AsyncIterable<Uint8Array>,
  { nameOf, ...options }: StageOptions & Naming,
): Promise<StoredObject> {
  try {
    const staged = await store.stage(source, options);
    const name = nameOf(staged.sha256);
    options.signal?.throwIfAborted(); // the lease may have been lost while the last bytes came
    return await store.publish(staged, name);
  } catch (error) {
    // Also when staging itself has failed: all may have arrived, and only the answer not. The cause is what counts.
    await store.discard(options.stagingName).catch(() => undefined);
    throw error;
  }
}

/** What attempts that died have left of a song that is complete. A store that is down does not hold the song up: `sweepStorage` comes later. */
export async function removeStaged(stores: MediaStore[], songId: string): Promise<void> {
  const ends = await Promise.allSettled(stores.map((store) => removeAll(store, `staging/${songId}/`)));
  const faults = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
  if (faults.length === stores.length || faults.some((fault) => !(fault instanceof MediaFault))) throw faults[0];
}

/** Every byte of a song. Safe to repeat. */
export async function removeObjects(store: MediaStore, songId: string): Promise<void> {
  for (const prefix of [`staging/${songId}/`, `songs/${songId}/`, `covers/${songId}/`]) await removeAll(store, prefix);
}

async function removeAll(store: MediaStore, prefix: string): Promise<void> {
  for await (const { name } of store.list(prefix)) await store.delete(name);
}
