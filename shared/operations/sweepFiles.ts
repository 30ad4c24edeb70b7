/** The second part of a sweep: every record of a file, and whether the stores have what it says. */
import type { DocumentSnapshot } from '@google-cloud/firestore';
import { FILES, type FileObject, type FileRecord, hasChanged, isIncomplete, makeDue, reportLost, toFileRecord } from '#shared/files';
import { MediaFault, type MediaStore, mediaStores } from '#shared/media';
import { inParallel, log } from '#shared/runtime';
import { bookPages } from './bookPages.ts';
import type { Sweep } from './sweep.ts';

/** @param after - the last id that has been looked at */
export async function* sweepFiles(sweep: Sweep, after?: string): AsyncGenerator<string> {
  for await (const page of bookPages(FILES, undefined, after)) {
    await inParallel(page, sweep.bounds.atOnce, (snapshot) => lookAt(snapshot, sweep));
    yield page.at(-1)!.id;
  }
}

async function lookAt(snapshot: DocumentSnapshot, sweep: Sweep): Promise<void> {
  const record = toFileRecord(snapshot);
  if (record === 'unreadable') {
    log.error('file_record_unreadable', { fileId: snapshot.id });
    sweep.counts.unreadableRecords += 1;
  } else if (record?.state === 'kept') await lookAtFile(record, sweep);
}

/** Has what is lost made again from another store. What no store has is told, and never forgotten in silence. */
async function lookAtFile(record: FileRecord, sweep: Sweep): Promise<void> {
  const { counts, isDryRun, world } = sweep;
  const now = new Date(world.clock.now());
  let lost = 0;
  for (const object of record.objects) {
    const copies = await lookForCopies(object, sweep);
    const gone = copies.filter(({ store, isThere }) => isThere === false && object.storeIds.includes(store.id));
    const isLost = copies.every(({ isThere }) => isThere === false);
    if ((gone.length === 0 && !isLost) || (await hasChanged(record.fileId, object))) continue;
    lost += gone.length;
    counts.copiesLost += gone.length;
    if (isLost) counts.objectsLost += 1;
    if (isLost) log.error('media_object_lost', { fileId: record.fileId, name: object.name });
    if (!isDryRun) for (const { store } of gone) await reportLost(object.name, store.id, now);
  }
  if (lost > 0 || record.dueAt !== null || !isIncomplete(record)) return;
  if (isDryRun || (await makeDue(record.fileId, now))) counts.filesMadeDue += 1;
}

interface Copy {
  store: MediaStore;
  /** Undefined: nothing can be said of it now. */
  isThere: boolean | undefined;
}

/** The stores that are said to have it; when none of them has, the others too. */
async function lookForCopies(object: FileObject, sweep: Sweep): Promise<Copy[]> {
  const stores = mediaStores();
  const look = (store: MediaStore) => lookFor(object, store, sweep);
  const said = await Promise.all(stores.filter(({ id }) => object.storeIds.includes(id)).map(look));
  if (said.some(({ isThere }) => isThere !== false)) return said;
  return [...said, ...(await Promise.all(stores.filter(({ id }) => !object.storeIds.includes(id)).map(look)))];
}

async function lookFor({ name, sha256 }: FileObject, store: MediaStore, { storesDown, counts }: Sweep): Promise<Copy> {
  if (storesDown.has(store)) return { store, isThere: undefined };
  try {
    return { store, isThere: (await store.find(name))?.sha256 === sha256 };
  } catch (error) {
    if (!(error instanceof MediaFault)) throw error;
    if (error.kind === 'damaged' || error.kind === 'missing') return { store, isThere: false };
    log.warn('store_not_swept', { storeId: store.id, error });
    counts.failed += 1;
    storesDown.add(store);
    return { store, isThere: undefined };
  }
}
