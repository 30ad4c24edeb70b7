import { claimStore, OWNER_MARK, ownDatabase, readOwner } from '#shared/files';
import { MediaFault, type MediaStore, mediaStores } from '#shared/media';
import { log } from '#shared/runtime';
import type { Sweep } from './sweep.ts';

/**
 * The stores that belong to this deployment's database. In another's, where only MEDIA_STORES may have led, everything would look like
 * nobody's. One without a mark gets ours. One round trip for each store.
 */
export async function ownStores(sweep: Sweep): Promise<Set<MediaStore>> {
  const stores = mediaStores();
  const isOwn = await Promise.all(stores.map((store) => isOurs(store, sweep)));
  return new Set(stores.filter((_, at) => isOwn[at]));
}

async function isOurs(store: MediaStore, { world, counts, isDryRun }: Sweep): Promise<boolean> {
  const database = ownDatabase();
  try {
    const owner = (isDryRun ? await readOwner(store) : await claimStore(store, world.newId)) ?? database;
    if (owner === database) return true;
    const next = `Set MEDIA_STORES to a store of this deployment. Only if this one is to be its own from now on, delete ${OWNER_MARK} in it.`;
    log.error('sweep_refused', { storeId: store.id, owner, database, next });
    counts.storesRefused += 1;
  } catch (error) {
    if (!(error instanceof MediaFault)) throw error;
    log.warn('store_not_swept', { storeId: store.id, error });
    counts.failed += 1;
  }
  return false;
}
