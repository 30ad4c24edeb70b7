/** The second part of a sweep: every record of a file, and whether the stores have what it says. */
import type { DocumentSnapshot } from '@google-cloud/firestore';
import {
  type Copies,
  FILES,
  type FileObject,
  type FileRecord,
  findCopy,
  hasChanged,
  isIncomplete,
  lookForCopies,
  makeDue,
  reportLost,
  toFileRecord,
} from '#shared/files';
import { inParallel, log } from '#shared/runtime';
import { pagesOf } from './pagesOf.ts';
import type { Sweep } from './sweep.ts';

/** @param after - the last id that has been looked at */
export async function* sweepFiles(sweep: Sweep, after?: string): AsyncGenerator<string> {
  for await (const page of pagesOf(FILES, undefined, after)) {
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
  const { counts, isDryRun, spent } = sweep;
  const now = new Date(sweep.world.clock.now());
  let lost = 0;
  for (const object of record.objects) {
    const { bad, isLost } = await lookFor(object, sweep);
    if (bad.length === 0 && !isLost) continue;
    spent.reads += 1;
    if (await hasChanged(record.fileId, object)) continue;
    lost += bad.length;
    counts.copiesLost += bad.length;
    if (isLost) counts.objectsLost += 1;
    if (isLost) log.error('media_object_lost', { fileId: record.fileId, name: object.name });
    if (!isDryRun) for (const { store } of bad) await reportLost(object.name, store.id, now);
  }
  spend(sweep, lost);
  if (lost > 0 || record.dueAt !== null || !isIncomplete(record)) return;
  if (isDryRun || (await makeDue(record.fileId, now))) counts.filesMadeDue += 1;
  spend(sweep, 1);
}

/** Each is a transaction that reads and writes the record. */
function spend({ spent, isDryRun }: Sweep, transactions: number): void {
  if (isDryRun) return;
  spent.reads += transactions;
  spent.writes += transactions;
}

function lookFor(object: FileObject, { stores, counts }: Sweep): Promise<Copies> {
  return lookForCopies(object, {
    stores,
    look: (store) => findCopy(store, object),
    onFault: (store, error) => {
      counts.failed += 1;
      if (!stores.isLeftAlone(store)) log.warn('copy_not_looked_at', { storeId: store.id, name: object.name, error });
    },
  });
}
