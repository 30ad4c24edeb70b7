/**
 * Keeps `dependencies/storage` true: every store of this deployment is written to and read from when nobody has done it for 15 s.
 * Of all instances one takes the probe, by compare-and-set on the document, and waits for it; the others go on with what is known.
 *
 * It is waited for because work after an answer stands still on Cloud Run (docs/decisions/0023).
 */
import { availability, forgetAvailability, knownAvailability, ownStores, type StorageState, type StoreState } from '#shared/access';
import { mediaStores, storageKey } from '#shared/media';
import { type Clock, database, isConflict, log, nudgeJob, toDocument, type World, within } from '#shared/runtime';
import { probeStore, type StoreProbe } from './probeStore.ts';

const PROBE_BOUNDS = {
  everyMs: 15_000,
  /** After a probe that leaves a doubt. */
  soonMs: 1_000,
  /** Of one store; they are looked at side by side. */
  storeMs: 5_000,
  /** What nobody has looked at for so long is no store of any version that still runs. */
  forgottenMs: 24 * 60 * 60_000,
};

const DOCUMENT = 'dependencies/storage';
const WRITE_LIMIT_MS = 3_000;

/** Somebody in this process is at it. */
let isBusy = false;

/**
 * Nothing is probed while Firestore is down: nobody would hear of it. Never rejects.
 *
 * @param limits.limitMs - how long the look at Firestore may take that comes first
 */
export async function probeStorage(world: Pick<World, 'clock' | 'newId'>, limits: { limitMs?: number } = {}): Promise<void> {
  if (isBusy) return;
  isBusy = true;
  try {
    const state = await whenDue(world.clock, limits);
    if (state) await probe(state, world);
  } catch (error) {
    log.warn('storage_not_probed', { error });
  } finally {
    isBusy = false;
  }
}

/** One round trip, and none while what is known is young and clear. @returns undefined when it is not yet time */
async function whenDue(clock: Clock, limits: { limitMs?: number }): Promise<StorageState | undefined> {
  const known = knownAvailability(clock);
  if (known && !isDue(known.storage, clock) && !ownStores(known.storage).some(isDoubtful)) return undefined;
  const { isDatabaseUp, storage } = await availability(clock, { isFresh: true, ...limits });
  return isDatabaseUp && isDue(storage, clock) ? storage : undefined;
}

/** Clocks of instances differ: a time that is far ahead is as good as none. */
function isDue(state: StorageState, clock: Clock): boolean {
  return ownStores(state).some(({ dueAt }) => {
    const inMs = dueAt === null ? 0 : Date.parse(dueAt) - clock.now();
    return inMs <= 0 || inMs > PROBE_BOUNDS.everyMs;
  });
}

async function probe(state: StorageState, world: Pick<World, 'clock' | 'newId'>): Promise<void> {
  const { clock } = world;
  try {
    const taken = ownStores(state).map((store) => ({ ...store, dueAt: later(clock, PROBE_BOUNDS.everyMs) }));
    const claim = await write(taken, state, clock);
    if (!claim) return;
    const found = await Promise.all(
      taken.map(async (known) => {
        const store = mediaStores().find(({ id }) => id === known.storeId)!;
        return judge(known, await probeStore(store, world, PROBE_BOUNDS.storeMs), clock);
      }),
    );
    if (!found.every(isWhole)) storageKey()?.distrust(); // so that a repaired one is read at the next probe
    if (JSON.stringify(found) === JSON.stringify(taken)) return;
    if (await conclude(found, taken, claim, clock)) await tell(taken, found, clock);
  } finally {
    forgetAvailability(); // this process sees at once what it, or whoever was quicker, has found
  }
}

function later(clock: Clock, ms: number): string {
  return new Date(clock.now() + ms).toISOString();
}

/**
 * What took too long counts as broken when the probe before this one has found something wrong as well, else as it was known.
 * Until that is clear, the next probe is soon.
 */
function judge(known: StoreState, found: StoreProbe, clock: Clock): StoreState {
  const whenSlow = (wasSo: boolean) => (found.isLate || known.why === null ? wasSo : false);
  const can = { canRead: found.canRead ?? whenSlow(known.canRead), canWrite: found.canWrite ?? whenSlow(known.canWrite) };
  const why = found.why ?? (found.isLate ? known.why : null);
  const isSame = known.canRead === can.canRead && known.canWrite === can.canWrite && known.why === why;
  return {
    storeId: known.storeId,
    ...can,
    why,
    changedAt: isSame ? known.changedAt : later(clock, 0),
    dueAt: found.isLate || isDoubtful({ ...can, why }) ? later(clock, PROBE_BOUNDS.soonMs) : known.dueAt,
  };
}

function isWhole({ canRead, canWrite }: Pick<StoreState, 'canRead' | 'canWrite'>): boolean {
  return canRead && canWrite;
}

/** It was slow once, and nobody knows yet whether by chance. */
function isDoubtful(store: Pick<StoreState, 'canRead' | 'canWrite' | 'why'>): boolean {
  return isWhole(store) && store.why !== null;
}

/**
 * Writes down what was found, unless another probe of these stores was begun meanwhile: it is younger. When only another version
 * of the service has looked at its own, once more.
 */
async function conclude(found: StoreState[], taken: StoreState[], claim: StorageState, clock: Clock): Promise<boolean> {
  if (await write(found, claim, clock)) return true;
  const { storage } = await availability(clock, { isFresh: true });
  const isStillOurs = JSON.stringify(ownStores(storage)) === JSON.stringify(taken);
  return isStillOurs && (await write(found, storage, clock)) !== undefined;
}

/** Operators are told once when a store goes down, and once when it is back; then whoever waits for it need not wait longer. */
async function tell(before: StoreState[], after: StoreState[], clock: Clock): Promise<void> {
  for (const [at, store] of after.entries()) {
    const known = before[at]!;
    const wasWhole = isWhole(known);
    const { storeId, canRead, canWrite, why } = store;
    if (wasWhole && !isWhole(store)) log.error('storage_closed', { storeId, canRead, canWrite, why });
    else if (!wasWhole && isWhole(store)) log.info('storage_open', { storeId });
    else if (isDoubtful(store) && known.why === null) log.warn('storage_slow', { storeId });
  }
  if (after.every(isWhole) && !before.every(isWhole)) await nudgeJob('advanceGenerations', clock, 'repair');
}

/**
 * Our stores as they are now. Those of others stay as they were: during a deployment, two versions may use different stores.
 *
 * @returns the new state; undefined when somebody else has written since `known` was read
 */
async function write(own: StoreState[], known: StorageState, clock: Clock): Promise<StorageState | undefined> {
  const isKept = ({ storeId, dueAt }: StoreState) =>
    own.every((store) => store.storeId !== storeId) && dueAt !== null && clock.now() - Date.parse(dueAt) < PROBE_BOUNDS.forgottenMs;
  const stores = [...own, ...known.stores.filter(isKept)];
  const ref = (await database()).doc(DOCUMENT);
  const data = toDocument({ stores });
  try {
    const writing = known.updateTime ? ref.update(data, { lastUpdateTime: known.updateTime }) : ref.create(data);
    return { stores, updateTime: (await within(WRITE_LIMIT_MS, 'the state of the storage', writing)).writeTime };
  } catch (error) {
    if (isConflict(error)) return undefined;
    throw error;
  }
}
