import { type FileObject, type FileRecord, hasChanged, reportLost, verifyCopy } from '#shared/files';
import { MediaFault, type MediaStore, mediaStores } from '#shared/media';
import { inParallel } from '#shared/runtime';
import { fileRecords } from './fileRecords.ts';
import { count, inBytes, type MediaContext, type MediaFinding } from './finding.ts';

interface VerifyContext extends MediaContext {
  /** Only looks whether a copy is there; its bytes are not read. */
  isQuick: boolean;
}

interface Verified {
  copies: number;
  bytes: number;
  bad: string[];
  lost: string[];
  unreadable: string[];
  /** What could not be looked at, and why, by store. */
  storesDown: Map<MediaStore, { fault: string; skipped: number }>;
}

const AT_ONCE = 4;
const SHOWN = 50;

/** Looks at every copy that a store is said to have. What is bad is due for repair from then on. */
export async function verifyFiles(context: VerifyContext): Promise<MediaFinding> {
  const seen: Verified = { copies: 0, bytes: 0, bad: [], lost: [], unreadable: [], storesDown: new Map() };
  for await (const page of fileRecords(context.signal)) {
    await inParallel(page, AT_ONCE, async ({ fileId, record }) => {
      if (record === 'unreadable') seen.unreadable.push(`files/${fileId}`);
      else if (record.state === 'kept') await verifyFile(record, context, seen);
      context.progress(`${count(seen.copies, 'copy', 'copies')}, ${inBytes(seen.bytes)}, ${seen.bad.length} bad`);
    });
  }
  return findingOf(seen, context.isQuick);
}

async function verifyFile(record: FileRecord, context: VerifyContext, seen: Verified): Promise<void> {
  for (const object of record.objects) {
    context.signal.throwIfAborted();
    const stores = mediaStores().filter(({ id }) => object.storeIds.includes(id));
    const states = await Promise.all(stores.map((store) => look(store, object, context, seen)));
    const bad = stores.filter((_, at) => states[at] === 'missing' || states[at] === 'damaged');
    if ((bad.length === 0 && stores.length > 0) || (await hasChanged(record.fileId, object))) continue;
    for (const store of bad) {
      seen.bad.push(`${store.id}: ${object.name} is ${states[stores.indexOf(store)]}`);
      await reportLost(object.name, store.id, new Date());
    }
    if (bad.length === stores.length) seen.lost.push(`${object.name} of files/${record.fileId}`);
  }
}

/** @returns undefined when nothing can be said of it */
async function look(
  store: MediaStore,
  object: FileObject,
  { isQuick, signal }: VerifyContext,
  seen: Verified,
): Promise<string | undefined> {
  const down = seen.storesDown.get(store);
  if (down) {
    down.skipped += 1;
    return undefined;
  }
  try {
    const state = isQuick ? await find(store, object) : await verifyCopy(store, object, signal);
    seen.copies += 1;
    seen.bytes += object.bytes;
    return state;
  } catch (error) {
    if (!(error instanceof MediaFault)) throw error;
    seen.storesDown.set(store, { fault: error.message, skipped: (seen.storesDown.get(store)?.skipped ?? 0) + 1 });
    return undefined;
  }
}

async function find(store: MediaStore, { name, sha256 }: FileObject): Promise<string> {
  try {
    const found = await store.find(name);
    return !found ? 'missing' : found.sha256 === sha256 ? 'good' : 'damaged';
  } catch (error) {
    if (error instanceof MediaFault && error.kind === 'damaged') return 'damaged';
    throw error;
  }
}

function findingOf({ copies, bytes, bad, lost, unreadable, storesDown }: Verified, isQuick: boolean): MediaFinding {
  const how = isQuick ? 'looked for · 존재 확인' : `read to their end and compared, ${inBytes(bytes)} · 끝까지 읽어 비교`;
  const down = [...storesDown].map(
    ([store, { fault, skipped }]) => `  ${store.id}: ${count(skipped, 'copy', 'copies')} not looked at · 확인 못 함: ${fault}`,
  );
  const isSound = bad.length + lost.length + unreadable.length + down.length === 0;
  return {
    isSound,
    lines: [
      `${count(copies, 'copy', 'copies')} ${how}`,
      ...listed(
        'BAD · 손상 또는 누락',
        bad,
        'Those of which another copy is good are made again: within minutes by themselves, or at once by npm run media -- sync',
      ),
      ...listed(
        'LOST in all stores · 모든 저장소에서 분실',
        lost,
        'Nothing has a good copy. Put the object back under its name, for example from a backup.',
      ),
      ...listed('UNREADABLE records · 읽을 수 없는 기록', unreadable, 'Somebody has edited them by hand: set their fields right.'),
      ...listed('NOT LOOKED AT · 확인하지 못함', down, 'Is the storage reachable? npm run doctor -- storageKey'),
      isSound ? 'All is well · 이상 없습니다' : 'Something is wrong · 문제가 있습니다',
    ],
  };
}

function listed(title: string, items: string[], next: string): string[] {
  if (items.length === 0) return [];
  const more = items.length > SHOWN ? [`  … and ${items.length - SHOWN} more`] : [];
  return [`${title}: ${items.length}`, ...items.slice(0, SHOWN).map((item) => `  ${item.trim()}`), ...more, `  What next: ${next}`];
}
