import {
  type FileKind,
  type FileObject,
  type FileRecord,
  findCopy,
  lookForCopies,
  ownDatabase,
  readOwner,
  StoresInUse,
} from '#shared/files';
import { checkStores, MediaFault, type MediaStore, mediaStores } from '#shared/media';
import { unknownObjects } from '#shared/operations';
import { systemWorld } from '#shared/runtime';
import { bold } from '../local/progress.ts';
import { fileRecords } from './fileRecords.ts';
import { count, inBytes, type MediaContext, type MediaFinding } from './finding.ts';

/** What all records together say. */
interface Tally {
  kinds: Map<FileKind, number>;
  files: number;
  bytes: number;
  objects: number;
  /** By store. */
  copies: Map<string, { count: number; bytes: number }>;
  /** Deleted, with bytes still to go. */
  leaving: number;
  lost: number;
  /** In a store that their records do not name. */
  elsewhere: number;
  /** No store is said to have them, and not all could be asked. */
  unknown: number;
  repairs: number;
  unreadable: number;
  due: number;
  waiting: number;
  oldestDueAt: string | null;
}

/** Counts by the records, each of which is read once. The stores are asked only whose they are, and for what none of them is said to have. */
export async function showStatus({ progress, signal }: MediaContext): Promise<MediaFinding> {
  checkStores({ isMadeBefore: true });
  const tally: Tally = {
    ...{
      kinds: new Map(),
      files: 0,
      bytes: 0,
      objects: 0,
      leaving: 0,
      lost: 0,
      elsewhere: 0,
      unknown: 0,
      repairs: 0,
      unreadable: 0,
      due: 0,
      waiting: 0,
    },
    copies: new Map(mediaStores().map(({ id }) => [id, { count: 0, bytes: 0 }])),
    oldestDueAt: null,
  };
  const now = new Date().toISOString();
  const stores = new StoresInUse();
  for await (const page of fileRecords(signal)) {
    for (const { record } of page) {
      if (record === 'unreadable') tally.unreadable += 1;
      else for (const object of add(record, tally, now)) await lookElsewhere(object, stores, tally);
    }
    progress(count(tally.files, 'file'));
  }
  const owners = new Map(await Promise.all(stores.all.map(async (store) => [store.id, await ownerOf(store)] as const)));
  const isKnown = tally.lost + tally.elsewhere + tally.unknown + tally.unreadable === 0;
  const isSound = isKnown && [...owners.values()].every(({ isOurs }) => isOurs);
  return { isSound, lines: linesOf(tally, owners) };
}

interface Owner {
  isOurs: boolean;
  line: string;
}

async function ownerOf(store: MediaStore): Promise<Owner> {
  try {
    const owner = await readOwner(store);
    if (owner === undefined) return await ownerToBe(store);
    if (owner === ownDatabase()) return { isOurs: true, line: `belongs to · 소유: ${owner}` };
    return {
      isOurs: false,
      line: `BELONGS TO ANOTHER DATABASE · 다른 데이터베이스 소유: ${owner}. Is MEDIA_STORES right? sweepStorage removes nothing there`,
    };
  } catch (error) {
    if (!(error instanceof MediaFault)) throw error;
    return { isOurs: true, line: `whose it is cannot be read · 소유를 읽을 수 없음: ${error.message}` };
  }
}

/** What `sweepStorage` will make of a store without a mark. */
async function ownerToBe(store: MediaStore): Promise<Owner> {
  const unknown = await unknownObjects(store, { world: systemWorld, spent: { reads: 0, writes: 0 } });
  if (unknown.length === 0) return { isOurs: true, line: 'belongs to nobody yet: sweepStorage marks it · 아직 표시 없음' };
  return {
    isOurs: false,
    line: `HOLDS WHAT THIS DATABASE DOES NOT KNOW · 이 데이터베이스가 모르는 파일 있음: ${unknown[0]}. Is MEDIA_STORES right? If it is: npm run media -- claim`,
  };
}

/** A store that has got another name still has what it had. */
async function lookElsewhere(object: FileObject, stores: StoresInUse, tally: Tally): Promise<void> {
  const look = (store: MediaStore) => findCopy(store, object);
  const { isLost, elsewhere } = await lookForCopies(object, { stores, look, onFault: () => undefined });
  if (isLost) tally.lost += 1;
  else if (elsewhere.length > 0) tally.elsewhere += 1;
  else tally.unknown += 1;
}

/** @returns what no store is said to have */
function add(record: FileRecord, tally: Tally, now: string): FileObject[] {
  tally.repairs += record.repairs;
  if (record.dueAt !== null) tally[record.dueAt <= now ? 'due' : 'waiting'] += 1;
  if (record.dueAt !== null && (tally.oldestDueAt === null || record.dueAt < tally.oldestDueAt)) tally.oldestDueAt = record.dueAt;
  if (record.state === 'deleted') {
    tally.leaving += 1;
    return [];
  }
  tally.files += 1;
  tally.bytes += record.bytes;
  tally.kinds.set(record.kind, (tally.kinds.get(record.kind) ?? 0) + 1);
  const nowhere: FileObject[] = [];
  for (const object of record.objects) {
    const { storeIds, bytes } = object;
    tally.objects += 1;
    const held = [...tally.copies].filter(([id]) => storeIds.includes(id)).map(([, copies]) => copies);
    for (const copies of held) {
      copies.count += 1;
      copies.bytes += bytes;
    }
    if (held.length === 0) nowhere.push(object);
  }
  return nowhere;
}

function linesOf(tally: Tally, owners: Map<string, Owner>): string[] {
  const { kinds, files, bytes, objects, copies, leaving, repairs, unreadable, due, waiting, oldestDueAt } = tally;
  const ofKind = (kind: FileKind, noun: string) => count(kinds.get(kind) ?? 0, noun);
  const stores = [...copies].flatMap(([id, held]) => {
    const lacks = objects > held.count ? `, lacks ${objects - held.count} · ${objects - held.count}개 부족` : '';
    return [`  ${id}: ${held.count} of ${objects} objects, ${inBytes(held.bytes)}${lacks}`, `    ${owners.get(id)!.line}`];
  });
  return [
    bold(`${count(files, 'file')}, ${inBytes(bytes)} · 파일 ${files}개`),
    `  ${ofKind('audio', 'song')}, ${ofKind('cover', 'cover')}, ${ofKind('image', 'picture')}`,
    bold('Stores · 저장소'),
    ...stores,
    bold('Work · 작업'),
    `  due now · 지금 처리할 파일: ${due}${waiting > 0 ? `, tried again later · 나중에 재시도: ${waiting}` : ''}`,
    ...(oldestDueAt === null ? [] : [`  the first is due at · 가장 이른 작업: ${oldestDueAt}`]),
    `  deleted, bytes still to go · 삭제 대기: ${leaving}`,
    `  copies lost so far · 지금까지 잃어버린 사본: ${repairs}`,
    ...(unreadable > 0 ? [`  records that cannot be read · 읽을 수 없는 기록: ${unreadable}`] : []),
    ...lossesOf(tally),
  ];
}

function lossesOf({ lost, elsewhere, unknown }: Tally): string[] {
  const told = [
    [lost, 'LOST · 분실', 'that no store has · 어느 저장소에도 없습니다. What next: npm run media -- verify'],
    [elsewhere, 'ELSEWHERE · 기록과 다른 저장소에 있음', 'in no store that the record names. What next: npm run media -- sync'],
    [unknown, 'NOT LOOKED AT · 확인하지 못함', 'in no store that the record names, and not all can be asked now'],
  ] as const;
  const lines = told.flatMap(([number, title, what]) => (number > 0 ? [`${title}: ${count(number, 'object')} ${what}`] : []));
  return lines.length > 0 ? lines : ['Nothing is lost · 잃어버린 파일이 없습니다'];
}
