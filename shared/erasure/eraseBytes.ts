/** What no document may name any more: half-made attempts, uploads that came late, copies of somebody who did not know. */
import { type MediaStore, mediaStores } from '#shared/media';
import { inParallel } from '#shared/runtime';

const AT_ONCE = 8;

/** Removes everything that any store has under these prefixes. @throws {MediaFault} when a store does not let itself be asked */
export async function eraseBytes(prefixes: string[]): Promise<void> {
  const places = mediaStores().flatMap((store) => prefixes.map((prefix) => ({ store, prefix })));
  await inParallel(places, AT_ONCE, ({ store, prefix }) => removeAll(store, prefix));
}

async function removeAll(store: MediaStore, prefix: string): Promise<void> {
  for await (const { name } of store.list(prefix)) await store.delete(name);
}
