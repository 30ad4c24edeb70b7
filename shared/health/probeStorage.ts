/**
 * Keeps `dependencies/storage` true: every store is written to and read from when nobody has done it for 15 s. Of all instances
 * one takes the probe, by compare-and-set on `probedAt`, and waits for it; the others go on with what is known.
 *
 * It is waited for because work after an answer stands still on Cloud Run (docs/decisions/0023).
 */
import { availability, forgetAvailability, knownAvailability, type StorageState, type StoreState } from '#shared/access';
import { mediaStores, storageKey } from '#shared/media';
import { type Clock, database, isConflict, log, toDocument, type World, within } from '#shared/runtime';
import { probeStore, type StoreProbe } from './probeStore.ts';

export const PROBE_BOUNDS = {
  everyMs: 15_000,
  /** Of one store; they are looked at side by side. */
  storeMs: 5_000,
};

const DOCUMENT = 'dependencies/storage';
const WRITE_LIMIT_MS = 3_000;

/** Somebody in this process is at it. */
let isBusy = false;

/** Nothing is probed while Firestore is down: nobody would hear of it. Never rejects. */
export async function probeStorage(world: Pick<World, 'clock' | 'newId'>): Promise<void> {
  if (isBusy) return;
  isBusy = true;
  try {
    const state = await whenDue(world.clock);
    if (state) await probe(state, world);
  } catch (error) {
    log.warn('storage_not_probed', { error });
  } finally {
    isBusy = false;
  }
}

/** One round trip, and none while what is known is young. @returns undefined when it is not yet time */
async function whenDue(clock: Clock): Promise<StorageState | undefined> {
  const known = knownAvailability(clock);
  if (known && !isDue(known.storage, clock)) return undefined;
  const { isDatabaseUp, storage } = await availability(clock, { isFresh: true });
  return isDatabaseUp && isDue(storage, clock) ? storage : undefined;
}

/** Clocks of instances differ: a time that is far ahead is as good as none. */
function isDue({ probedAt }: StorageState, clock: Clock): boolean {
  return probedAt === null || Math.abs(clock.now() - Date.parse(probedAt)) >= PROBE_BOUNDS.everyMs;
}

async function probe(before: StorageState, world: Pick<World, 'clock' | 'newId'>): Promise<void> {
  try {
    const taken = await write({ probedAt: nowOf(world) }, before.updateTime);
    if (!taken) return;
    const stores = await Promise.all(
      mediaStores().map(async (store) => {
        const found = await probeStore(store, world, PROBE_BOUNDS.storeMs);
        return stateOf(store.id, found, before, nowOf(world));
      }),
    );
    if (!stores.every(isWhole)) storageKey()?.distrust(); // so that a repaired one is read at the next probe
    if (JSON.stringify(stores) === JSON.stringify(before.stores)) return;
    // Unless another probe was begun meanwhile: it is younger.
    if (await write({ stores }, taken)) tell(before, stores);
  } finally {
    forgetAvailability(); // this process sees at once what it, or whoever was quicker, has found
  }
}

function nowOf({ clock }: Pick<World, 'clock'>): string {
  return new Date(clock.now()).toISOString();
}

function stateOf(storeId: string, found: StoreProbe, { stores }: StorageState, now: string): StoreState {
  const known = stores.find((store) => store.storeId === storeId);
  const isSame = known && known.canRead === found.canRead && known.canWrite === found.canWrite && known.why === found.why;
  return { storeId, ...found, changedAt: isSame ? known.changedAt : now };
}

function isWhole({ canRead, canWrite }: StoreProbe): boolean {
  return canRead && canWrite;
}

/** Operators are told once when a store goes down, and once when it is back. */
function tell(before: StorageState, stores: StoreState[]): void {
  for (const store of stores) {
    const wasWhole = before.stores.every((known) => known.storeId !== store.storeId || isWhole(known));
    const { storeId, canRead, canWrite, why } = store;
    if (wasWhole && !isWhole(store)) log.error('storage_closed', { storeId, canRead, canWrite, why });
    else if (!wasWhole && isWhole(store)) log.info('storage_open', { storeId });
  }
}

/** @returns the new version; undefined when somebody else has written since `updateTime` */
async function write(change: Partial<StorageState>, updateTime: StorageState['updateTime']): Promise<StorageState['updateTime']> {
  const ref = (await database()).doc(DOCUMENT);
  const data = toDocument(change);
  try {
    const writing = updateTime ? ref.update(data, { lastUpdateTime: updateTime }) : ref.create(data);
    return (await within(WRITE_LIMIT_MS, 'the state of the storage', writing)).writeTime;
  } catch (error) {
    if (isConflict(error)) return undefined;
    throw error;
  }
}
