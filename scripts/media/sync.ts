import { FILES, isIncomplete, makeDue, REPLICATION_BOUNDS, replicateFiles } from '#shared/files';
import { checkStores, mediaStores } from '#shared/media';
import { database, inParallel, systemWorld } from '#shared/runtime';
import { fileRecords } from './fileRecords.ts';
import { count, type MediaContext, type MediaFinding } from './finding.ts';

const AT_ONCE = 8;
/** Short, so that progress can be told in between. */
const PASS_MS = 2_000;

/** What the first has found in a store is a source for the second. */
const ROUNDS = 2;

/** Brings every file to every store, and removes what was deleted. The service may do the same meanwhile. */
export async function syncFiles(context: MediaContext): Promise<MediaFinding> {
  checkStores({ isMadeBefore: true });
  const done = { copied: 0, deleted: 0 };
  let failed = 0;
  let left = 0;
  for (let round = 1; round <= ROUNDS; round += 1) {
    failed = await doRound(context, done);
    left = await countLacking(context.signal);
    if (left === 0) break;
  }
  const isSound = left === 0 && failed === 0;
  const stores = mediaStores().map(({ id }) => id);
  return {
    isSound,
    lines: [
      `${count(done.copied, 'file')} copied, ${done.deleted} removed · 복사 ${done.copied}, 삭제 ${done.deleted}`,
      ...(isSound
        ? [`Every file is in ${stores.join(' and ')} · 모든 파일이 모든 저장소에 있습니다`]
        : [
            `${count(left, 'file')} still ${left === 1 ? 'lacks' : 'lack'} a copy, ${failed} tries failed · 아직 부족한 파일 ${left}, 실패 ${failed}`,
            '  What next: npm run media -- verify tells which; replicateMedia goes on trying by itself.',
          ]),
    ],
  };
}

/** @returns how many tries failed */
async function doRound({ progress, signal }: MediaContext, done: { copied: number; deleted: number }): Promise<number> {
  const lacking = await makeAllDue(signal);
  let failed = 0;
  // What fails is due again soon: it is left to the next round, or the service, once each has had its try.
  while (failed <= lacking && (await isAnythingDue())) {
    signal.throwIfAborted();
    progress(`${done.copied} copied, ${failed} failed, of ${count(lacking, 'file')}`);
    const pass = await replicateFiles({ world: systemWorld, signal, bounds: { ...REPLICATION_BOUNDS, passMs: PASS_MS } });
    done.copied += pass.copied;
    done.deleted += pass.deleted;
    failed += pass.failed;
  }
  return failed;
}

/** @returns how many files some store lacks */
async function makeAllDue(signal: AbortSignal): Promise<number> {
  let lacking = 0;
  for await (const page of fileRecords(signal)) {
    await inParallel(page, AT_ONCE, async ({ fileId, record }) => {
      if (record === 'unreadable' || record.state !== 'kept' || !isIncomplete(record)) return;
      if (await makeDue(fileId, new Date())) lacking += 1;
    });
  }
  return lacking;
}

async function countLacking(signal: AbortSignal): Promise<number> {
  let lacking = 0;
  for await (const page of fileRecords(signal)) {
    lacking += page.filter(({ record }) => record === 'unreadable' || (record.state === 'kept' && isIncomplete(record))).length;
  }
  return lacking;
}

async function isAnythingDue(): Promise<boolean> {
  const db = await database();
  return !(await db.collection(FILES).where('dueAt', '<=', new Date()).limit(1).get()).empty;
}
