import type { Firestore } from '@google-cloud/firestore';
import { z } from 'zod';
import { claimStore, OWNER_MARK, ownDatabase, readOwner } from '#shared/files';
import { MediaFault, type MediaStore, mediaStores } from '#shared/media';
import { type Clock, database, fromDocument, log } from '#shared/runtime';
import type { Sweep } from './sweep.ts';
import { unknownObjects } from './unknownObjects.ts';

/** What an operator has to know before making a store this database's own by hand. */
const CLAIM = 'npm run media -- claim';

/**
 * The stores that belong to this deployment's database. In another's, where only MEDIA_STORES may have led, everything would look like
 * nobody's. One without a mark gets ours, when nothing in it speaks against it. One round trip for each store that is marked.
 */
export async function ownStores(sweep: Sweep): Promise<Set<MediaStore>> {
  const heldUntil = await sweepsHeldUntil(await database(), sweep.world.clock);
  if (heldUntil !== undefined && !sweep.isDryRun) {
    log.warn('sweep_held', { heldUntil, next: 'Release it with: npm run restore -- release' });
    return new Set();
  }
  const stores = mediaStores();
  const isOwn = await Promise.all(stores.map((store) => isOurs(store, sweep)));
  return new Set(stores.filter((_, at) => isOwn[at]));
}

async function isOurs(store: MediaStore, sweep: Sweep): Promise<boolean> {
  try {
    const owner = await readOwner(store);
    return owner === undefined ? await claim(store, sweep) : isOwn(owner, store, sweep);
  } catch (error) {
    if (!(error instanceof MediaFault)) throw error;
    log.warn('store_not_swept', { storeId: store.id, error });
    sweep.counts.failed += 1;
    return false;
  }
}

function isOwn(owner: string, store: MediaStore, { counts }: Sweep): boolean {
  const database = ownDatabase();
  if (owner === database) return true;
  const next = `Set MEDIA_STORES to a store of this deployment. Only if this one is to be its own from now on, delete ${OWNER_MARK} in it, and type: ${CLAIM}`;
  log.error('sweep_refused', { storeId: store.id, owner, database, next });
  counts.storesRefused += 1;
  return false;
}

/** Somebody else's store of before there were marks has none either: what nobody here knows is not made ours in silence. */
async function claim(store: MediaStore, sweep: Sweep): Promise<boolean> {
  const { counts, isDryRun, world } = sweep;
  const unknown = await unknownObjects(store, sweep);
  if (unknown.length === 0) return isDryRun || isOwn(await claimStore(store, world.newId), store, sweep);
  const next = `Does MEDIA_STORES lead to another deployment's store? Only if this one is to be this database's own from now on, type: ${CLAIM}`;
  const told = { unknownCount: unknown.length, example: unknown[0], database: ownDatabase(), next };
  log.error('sweep_refused', { storeId: store.id, owner: null, ...told });
  counts.storesRefused += 1;
  return false;
}

/**
 * After a restore, the stores have objects that the restored documents do not know yet: songs of the time since. Until somebody has looked,
 * or some days have passed, no sweep takes them for orphans. Deleting the document by hand releases them, too.
 */
const HOLD = 'settings/sweeps';
const Hold = z.object({ heldUntilAt: z.iso.datetime() });

/** @param db - perhaps a database that nobody uses yet */
export async function holdSweeps(db: Firestore, until: Date): Promise<void> {
  await db.doc(HOLD).set({ heldUntilAt: until });
}

export async function releaseSweeps(db: Firestore): Promise<void> {
  await db.doc(HOLD).delete();
}

/** @returns until when, if they are. What cannot be read holds: removing is what cannot be undone. */
async function sweepsHeldUntil(db: Firestore, { now }: Clock): Promise<string | undefined> {
  const data = (await db.doc(HOLD).get()).data();
  if (!data) return undefined;
  const until = Hold.safeParse(fromDocument(data)).data?.heldUntilAt;
  return until !== undefined && Date.parse(until) <= now() ? undefined : (until ?? 'unknown');
}
