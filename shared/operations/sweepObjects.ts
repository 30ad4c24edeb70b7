/** The first part of a sweep: everything that a store has, and whether anybody still wants it. */
import { OWNER_MARK } from '#shared/files';
import { type ListedObject, MediaFault, type MediaStore } from '#shared/media';
import { inParallel, log } from '#shared/runtime';
import type { Sweep, SweepCounts } from './sweep.ts';
import { type Ours, readName, unnamedAmong, uploadsAwaited } from './unnamed.ts';

const REMOVED_AS: Record<Ours['kind'], keyof SweepCounts> = {
  ...{ staged: 'stagedRemoved', upload: 'uploadsRemoved' },
  ...{ audio: 'audioRemoved', cover: 'coversRemoved', image: 'imagesRemoved' },
};

/** @param after - a name; those up to it have been looked at. @returns how far it has come, a batch at a time */
export async function* sweepObjects(sweep: Sweep, store: MediaStore, after = ''): AsyncGenerator<string> {
  if (!sweep.ownStores.has(store)) return;
  let batch: Ours[] = [];
  try {
    for await (const object of store.list('')) {
      if (object.name <= after || object.name === OWNER_MARK) continue;
      const ours = readName(object.name);
      if (!ours) sweep.counts.foreignObjects += 1;
      if (ours && isOld(object, sweep)) batch.push(ours);
      if (batch.length < sweep.bounds.batch) continue;
      await lookAt(batch, store, sweep);
      yield batch.at(-1)!.name;
      batch = [];
    }
    await lookAt(batch, store, sweep);
  } catch (error) {
    if (!(error instanceof MediaFault)) throw error;
    log.warn('store_not_swept', { storeId: store.id, error });
    sweep.counts.failed += 1;
    sweep.stores.note(store, error);
  }
}

function isOld({ createdAt }: ListedObject, { world, bounds }: Sweep): boolean {
  return world.clock.now() - createdAt.getTime() > bounds.untouchedMs;
}

async function lookAt(batch: Ours[], store: MediaStore, sweep: Sweep): Promise<void> {
  const uploads = batch.flatMap((object) => (object.kind === 'upload' ? [object.belongsTo] : []));
  const awaited = await uploadsAwaited(uploads, sweep);
  const unnamed = await unnamedAmong(batch, sweep);
  const unwanted = batch.filter(
    (object) => object.kind === 'staged' || (object.kind === 'upload' ? !awaited.has(object.belongsTo) : unnamed.has(object.name)),
  );
  const isHeld = holdsBack(unwanted, store, sweep);
  await inParallel(isHeld ? unwanted.filter(isLeftover) : unwanted, sweep.bounds.atOnce, ({ name, kind }) =>
    remove(store, name, REMOVED_AS[kind], sweep),
  );
}

/** Never of a song or a picture that there was. */
function isLeftover({ kind }: Ours): boolean {
  return kind === 'staged' || kind === 'upload';
}

function holdsBack(unwanted: Ours[], { id: storeId }: MediaStore, { counts, bounds, isDryRun }: Sweep): boolean {
  const orphans = unwanted.filter((object) => !isLeftover(object)).length;
  const removed = counts.audioRemoved + counts.coversRemoved + counts.imagesRemoved;
  if (isDryRun || orphans === 0 || removed + orphans <= bounds.mostOrphans) return false;
  log.error('sweep_held_back', { storeId, orphans, removed, mostOrphans: bounds.mostOrphans });
  counts.failed += orphans;
  return true;
}

async function remove(store: MediaStore, name: string, removedAs: keyof SweepCounts, { stores, counts, isDryRun }: Sweep): Promise<void> {
  try {
    if (!isDryRun) await stores.ask(store, () => store.delete(name));
    counts[removedAs] += 1;
  } catch (error) {
    if (!(error instanceof MediaFault)) throw error;
    log.warn('object_not_removed', { storeId: store.id, name, error });
    counts.failed += 1;
  }
}
