import {
  type FileObject,
  type FileRecord,
  findCopy,
  hasChanged,
  lookForCopies,
  makeDue,
  reportLost,
  StoresInUse,
  verifyCopy,
} from '#shared/files';
import { checkStores, type MediaStore } from '#shared/media';
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
  elsewhere: string[];
  unreadable: string[];
  stores: StoresInUse;
  /** What could not be looked at, and why first, by the name of the store. */
  skipped: Map<string, { copies: number; why: string }>;
}

const AT_ONCE = 4;
const SHOWN = 50;

/** Looks at every copy that a store is said to have. What is bad is due for repair from then on. */
export async function verifyFiles(context: VerifyContext): Promise<MediaFinding> {
  checkStores({ isMadeBefore: true });
  const seen: Verified = {
    ...{ copies: 0, bytes: 0, bad: [], lost: [], elsewhere: [], unreadable: [] },
    ...{ stores: new StoresInUse(), skipped: new Map() },
  };
  for await (const page of fileRecords(context.signal)) {
    await inParallel(page, AT_ONCE, async ({ fileId, record }) => {
      if (record === 'unreadable') seen.unreadable.push(`files/${fileId}`);
      else if (record.state === 'kept') await verifyFile(record, context, seen);
      context.progress(`${count(seen.copies, 'copy', 'copies')}, ${inBytes(seen.bytes)}, ${seen.bad.length} bad, ${seen.lost.length} lost`);
    });
  }
  return findingOf(seen, context.isQuick);
}

/** Each object that is not as it should be is told once: as lost, as being elsewhere, or by its bad copies. */
async function verifyFile(record: FileRecord, context: VerifyContext, seen: Verified): Promise<void> {
  const { fileId } = record;
  for (const object of record.objects) {
    context.signal.throwIfAborted();
    const { bad, elsewhere, isLost } = await lookFor(object, context, seen);
    if ((bad.length === 0 && !isLost && elsewhere.length === 0) || (await hasChanged(fileId, object))) continue;
    if (isLost) seen.lost.push(`${object.name} of files/${fileId}`);
    else if (bad.length > 0) seen.bad.push(...bad.map(({ store, state }) => `${store.id}: ${object.name} is ${state}`));
    else seen.elsewhere.push(`${object.name} of files/${fileId} is in ${elsewhere.map(({ id }) => id).join(' and ')}`);
    for (const { store } of bad) await reportLost(object.name, store.id, new Date());
    if (bad.length === 0 && !isLost) await makeDue(fileId, new Date());
  }
}

function lookFor(object: FileObject, { isQuick, signal }: VerifyContext, seen: Verified) {
  return lookForCopies(object, {
    stores: seen.stores,
    async look(store: MediaStore) {
      const state = await (isQuick ? findCopy(store, object) : verifyCopy(store, object, signal));
      seen.copies += 1;
      seen.bytes += object.bytes;
      return state;
    },
    onFault({ id }, { message }) {
      const { copies, why } = seen.skipped.get(id) ?? { copies: 0, why: message };
      seen.skipped.set(id, { copies: copies + 1, why });
    },
  });
}

function findingOf({ copies, bytes, bad, lost, elsewhere, unreadable, skipped }: Verified, isQuick: boolean): MediaFinding {
  const how = isQuick ? 'looked for · 존재 확인' : `read to their end and compared, ${inBytes(bytes)} · 끝까지 읽어 비교`;
  const unseen = [...skipped].map(
    ([id, { copies: some, why }]) => `${id}: ${count(some, 'copy', 'copies')} not looked at · 확인 못 함: ${why}`,
  );
  const isSound = bad.length + lost.length + elsewhere.length + unreadable.length + unseen.length === 0;
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
      ...listed(
        'ELSEWHERE · 기록과 다른 저장소에 있음',
        elsewhere,
        'Nothing is lost: no store that its record names is in MEDIA_STORES. Its record follows within minutes, or at once by npm run media -- sync',
      ),
      ...listed('UNREADABLE records · 읽을 수 없는 기록', unreadable, 'Somebody has edited them by hand: set their fields right.'),
      ...listed('NOT LOOKED AT · 확인하지 못함', unseen, 'Is the storage reachable? npm run doctor -- storageKey'),
      isSound ? 'All is well · 이상 없습니다' : 'Something is wrong · 문제가 있습니다',
    ],
  };
}

function listed(title: string, items: string[], next: string): string[] {
  if (items.length === 0) return [];
  const more = items.length > SHOWN ? [`  … and ${items.length - SHOWN} more`] : [];
  return [`${title}: ${items.length}`, ...items.slice(0, SHOWN).map((item) => `  ${item}`), ...more, `  What next: ${next}`];
}
