import type { MediaStore } from '#shared/media';
import type { Sweep } from './sweep.ts';
import { type Ours, readName, unnamedAmong, uploadsRecorded } from './unnamed.ts';

/** Looked at of each kind, of those that come first by name. */
const SAMPLE = 50;
const KINDS = ['songs/', 'covers/', 'images/', 'uploads/'];

/**
 * A sample of what stands in a store under our names: those objects of which this database knows nothing. Attempts that were staged tell
 * nothing: nobody ever knows them.
 *
 * @returns at most 200 names; none for a store that is empty, or this database's own
 * @throws {MediaFault}
 */
export async function unknownObjects(store: MediaStore, looking: Pick<Sweep, 'world' | 'spent'>): Promise<string[]> {
  const sample = (await Promise.all(KINDS.map((kind) => firstOf(store, kind)))).flat();
  const unnamed = await unnamedAmong(sample, looking);
  const uploads = sample.flatMap((object) => (object.kind === 'upload' ? [object] : []));
  const recorded = await uploadsRecorded(
    uploads.map(({ belongsTo }) => belongsTo),
    looking,
  );
  const unrecorded = uploads.filter(({ belongsTo }) => !recorded.has(belongsTo)).map(({ name }) => name);
  return [...unnamed, ...unrecorded];
}

async function firstOf(store: MediaStore, prefix: string): Promise<Ours[]> {
  const found: Ours[] = [];
  let seen = 0;
  for await (const { name } of store.list(prefix)) {
    const ours = readName(name);
    if (ours) found.push(ours);
    seen += 1;
    if (seen >= SAMPLE) break;
  }
  return found;
}
