import type { FileKind, FileRecord } from '#shared/files';
import { mediaStores } from '#shared/media';
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
  repairs: number;
  unreadable: number;
  due: number;
  waiting: number;
  oldestDueAt: string | null;
}

/** Counts by the records alone: no store is asked. Reads each record once. */
export async function showStatus({ progress, signal }: MediaContext): Promise<MediaFinding> {
  const tally: Tally = {
    ...{ kinds: new Map(), files: 0, bytes: 0, objects: 0, leaving: 0, lost: 0, repairs: 0, unreadable: 0, due: 0, waiting: 0 },
    copies: new Map(mediaStores().map(({ id }) => [id, { count: 0, bytes: 0 }])),
    oldestDueAt: null,
  };
  const now = new Date().toISOString();
  for await (const page of fileRecords(signal)) {
    for (const { record } of page) {
      if (record === 'unreadable') tally.unreadable += 1;
      else add(record, tally, now);
    }
    progress(count(tally.files, 'file'));
  }
  return { isSound: tally.lost === 0 && tally.unreadable === 0, lines: linesOf(tally) };
}

function add(record: FileRecord, tally: Tally, now: string): void {
  tally.repairs += record.repairs;
  if (record.dueAt !== null) tally[record.dueAt <= now ? 'due' : 'waiting'] += 1;
  if (record.dueAt !== null && (tally.oldestDueAt === null || record.dueAt < tally.oldestDueAt)) tally.oldestDueAt = record.dueAt;
  if (record.state === 'deleted') {
    tally.leaving += 1;
    return;
  }
  tally.files += 1;
  tally.bytes += record.bytes;
  tally.kinds.set(record.kind, (tally.kinds.get(record.kind) ?? 0) + 1);
  for (const { storeIds, bytes } of record.objects) {
    tally.objects += 1;
    const held = [...tally.copies].filter(([id]) => storeIds.includes(id)).map(([, copies]) => copies);
    for (const copies of held) {
      copies.count += 1;
      copies.bytes += bytes;
    }
    if (held.length === 0) tally.lost += 1;
  }
}

function linesOf({ kinds, files, bytes, objects, copies, leaving, lost, repairs, unreadable, due, waiting, oldestDueAt }: Tally): string[] {
  const ofKind = (kind: FileKind, noun: string) => count(kinds.get(kind) ?? 0, noun);
  const stores = [...copies].map(([id, held]) => {
    const lacks = objects > held.count ? `, lacks ${objects - held.count} · ${objects - held.count}개 부족` : '';
    return `  ${id}: ${held.count} of ${objects} objects, ${inBytes(held.bytes)}${lacks}`;
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
    lost === 0
      ? 'Nothing is lost · 잃어버린 파일이 없습니다'
      : `LOST · 분실: ${count(lost, 'object')} that no store has · 어느 저장소에도 없습니다. What next: npm run media -- verify`,
  ];
}
