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

/**
 * What was only staged or sent goes as it is met. What may be a song or a picture goes at the very end, when it is known how much of it
 * no document names.
 *
 * @param after - a name; those up to it have been looked at. @returns how far it has come, a batch at a time
 */
export async function* sweepObjects(sweep: Sweep, store: MediaStore, after?: string): AsyncGenerator<string> {
  if (!sweep.ownStores.has(store)) return;
  try {
    for await (const batch of batchesOf(store.list('', after), sweep.bounds.batch)) {
      await lookAt(oursAmong(batch, sweep), store, sweep);
      yield batch.at(-1)!.name;
    }
    await removeOrphans(store, sweep);
  } catch (error) {
    if (!(error instanceof MediaFault)) throw error;
    log.warn('store_not_swept', { storeId: store.id, error });
    sweep.counts.failed += 1;
    sweep.stores.note(store, error);
  }
}

async function* batchesOf(listed: AsyncIterable<ListedObject>, size: number): AsyncGenerator<ListedObject[]> {
  let batch: ListedObject[] = [];
  for await (const object of listed) {
    batch.push(object);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Those that are ours and old. */
function oursAmong(batch: ListedObject[], sweep: Sweep): Ours[] {
  return batch.flatMap((object) => {
    if (object.name === OWNER_MARK) return [];
    const ours = readName(object.name);
    if (!ours) sweep.counts.foreignObjects += 1;
    return ours && isOld(object, sweep) ? [ours] : [];
  });
}

function isOld({ createdAt }: ListedObject, { world, bounds }: Sweep): boolean {
  return world.clock.now() - createdAt.getTime() > bounds.untouchedMs;
}

async function lookAt(batch: Ours[], store: MediaStore, sweep: Sweep): Promise<void> {
  const uploads = batch.flatMap((object) => (object.kind === 'upload' ? [object.belongsTo] : []));
  const awaited = await uploadsAwaited(uploads, sweep);
  const isLeftover = (object: Ours) => object.kind === 'staged' || (object.kind === 'upload' && !awaited.has(object.belongsTo));
  await removeAll(batch.filter(isLeftover), store, sweep);
  noteOrphans([...(await unnamedAmong(batch, sweep))], sweep);
}

function noteOrphans(names: string[], sweep: Sweep): void {
  const { orphans, bounds } = sweep;
  const count = orphans.count + names.length;
  sweep.orphans = { count, names: count > bounds.mostOrphans ? [] : [...orphans.names, ...names] };
}

/** Since they were met, hours may have passed and a restore begun: each is looked for once more. */
async function removeOrphans(store: MediaStore, sweep: Sweep): Promise<void> {
  const { orphans, counts, bounds, isDryRun } = sweep;
  if (orphans.count > bounds.mostOrphans) {
    if (!isDryRun) log.error('sweep_held_back', { storeId: store.id, orphans: orphans.count, mostOrphans: bounds.mostOrphans });
    counts.failed += orphans.count;
    return;
  }
  const known = orphans.names.flatMap((name) => readName(name) ?? []);
  const unnamed = await unnamedAmong(known, sweep);
  await removeAll(
    known.filter(({ name }) => unnamed.has(name)),
    store,
    sweep,
  );
}

async function removeAll(unwanted: Ours[], store: MediaStore, sweep: Sweep): Promise<void> {
  await inParallel(unwanted, sweep.bounds.atOnce, ({ name, kind }) => remove(store, name, REMOVED_AS[kind], sweep));
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
