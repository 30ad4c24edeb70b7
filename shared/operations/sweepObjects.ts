/** The first part of a sweep: everything that a store has, and whether anybody still wants it. */
import { fileIdOf, fileOfObject, OWNER_MARK, readFileRecords } from '#shared/files';
import { songsAtWork } from '#shared/generation';
import { type ListedObject, MediaFault, type MediaStore } from '#shared/media';
import { database, fromDocument, idOf, inParallel, log } from '#shared/runtime';
import type { Sweep, SweepCounts } from './sweep.ts';

/** An object of ours by its name. Of other names nobody here knows whose they are. */
type Ours = { name: string; removedAs: keyof SweepCounts } & (
  | { kind: 'staged' }
  | { kind: 'upload'; belongsTo: string }
  | { kind: 'audio' | 'cover' | 'image'; belongsTo: string }
);

const REMOVED_AS = { audio: 'audioRemoved', cover: 'coversRemoved', image: 'imagesRemoved' } as const;

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

function readName(name: string): Ours | undefined {
  if (/^staging\/./.test(name)) return { name, kind: 'staged', removedAs: 'stagedRemoved' };
  const imageId = /^uploads\/([^/]+)(\/.+)?$/.exec(name)?.[1];
  if (imageId && idOf('img').safeParse(imageId).success) return { name, kind: 'upload', belongsTo: imageId, removedAs: 'uploadsRemoved' };
  const file = /^[^/]+\/[^/]+\/./.test(name) ? fileOfObject(name) : undefined;
  const isOfOurs = file && idOf(file.kind === 'image' ? 'img' : 'sng').safeParse(file.belongsTo).success;
  return isOfOurs ? { name, ...file, removedAs: REMOVED_AS[file.kind] } : undefined;
}

function isOld({ createdAt }: ListedObject, { world, bounds }: Sweep): boolean {
  return world.clock.now() - createdAt.getTime() > bounds.untouchedMs;
}

async function lookAt(batch: Ours[], store: MediaStore, sweep: Sweep): Promise<void> {
  const uploads = batch.filter(({ kind }) => kind === 'upload').map(belongsTo);
  const awaited = await uploadsAwaited(uploads, sweep);
  const unnamed = await unnamedAmong(batch, sweep);
  const unwanted = batch.filter(
    (object) => object.kind === 'staged' || (object.kind === 'upload' ? !awaited.has(object.belongsTo) : unnamed.has(object.name)),
  );
  const isHeld = holdsBack(unwanted, store, sweep);
  await inParallel(isHeld ? unwanted.filter(isLeftover) : unwanted, sweep.bounds.atOnce, ({ name, removedAs }) =>
    remove(store, name, removedAs, sweep),
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

/** Names that no document knows, neither the journal nor what shows the song or the picture, and that nobody is at work on. */
async function unnamedAmong(batch: Ours[], sweep: Sweep): Promise<Set<string>> {
  const files = batch.flatMap((object) => (object.kind === 'staged' || object.kind === 'upload' ? [] : [object]));
  const records = await readFileRecords(files.map(({ kind, belongsTo: thing }) => fileIdOf(kind, thing)));
  const unrecorded = files.filter(({ name }, at) => {
    const record = records[at];
    // What is being deleted is left to whoever does that.
    return !record || (record !== 'unreadable' && record.state === 'kept' && !record.objects.some((object) => object.name === name));
  });
  sweep.spent.reads += files.length;
  const media = unrecorded.map(({ kind, belongsTo: id }) => `${kind === 'image' ? 'imageMedia' : 'songMedia'}/${id}`);
  const shown = await documentsOf(media, sweep);
  const candidates = unrecorded.filter(({ name }, at) => !JSON.stringify(shown[at] ?? {}).includes(name));
  const songIds = candidates.filter(({ kind }) => kind !== 'image').map(belongsTo);
  sweep.spent.reads += 3 * songIds.length; // of each the song, what deletes it and what makes it
  const atWork = await songsAtWork(songIds);
  const awaited = await uploadsAwaited(candidates.filter(({ kind }) => kind === 'image').map(belongsTo), sweep);
  return new Set(candidates.filter(({ belongsTo: id }) => !atWork.has(id) && !awaited.has(id)).map(({ name }) => name));
}

function belongsTo(object: Ours): string {
  return object.kind === 'staged' ? '' : object.belongsTo;
}

/** Pictures that may still be finished. */
async function uploadsAwaited(imageIds: string[], sweep: Sweep): Promise<Set<string>> {
  const uploads = await documentsOf(
    imageIds.map((imageId) => `uploads/${imageId}`),
    sweep,
  );
  return new Set(imageIds.filter((_, at) => uploads[at] && !(Date.parse(String(uploads[at]['expireAt'])) <= sweep.world.clock.now())));
}

async function documentsOf(paths: string[], { spent }: Sweep): Promise<(Record<string, unknown> | undefined)[]> {
  if (paths.length === 0) return [];
  spent.reads += paths.length;
  const db = await database();
  return (await db.getAll(...paths.map((path) => db.doc(path)))).map((snapshot) => {
    const data = snapshot.data();
    return data && fromDocument(data);
  });
}
