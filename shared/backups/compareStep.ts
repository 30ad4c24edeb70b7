/**
 * What a verified weekly backup goes through, beside those of the days after: every document is digested as it was at the instant, the
 * backup is brought back into an empty database, and each document there is held against its digest. It takes as many passes as it needs:
 * 6,000 documents a minute are digested, and as many compared.
 *
 * The database it is brought back into is removed whatever happens, also by a pass after the one that died, and after a failure.
 */
import { database, log } from '#shared/runtime';
import {
  countAll,
  type DatabaseAdmin,
  DatabaseRefused,
  DONE,
  differingCounts,
  type OperationState,
  pagesAt,
  sumOfCounts,
} from '#shared/snapshots';
import { digestName, readJson, writeDigestIndex, writeJson } from './bucket.ts';
import { DigestPage, differencesIn, digestOf } from './digest.ts';
import { BackupFailed, type Outcome, type Step } from './step.ts';
import { checkNameOf } from './strayChecks.ts';

/** Told of, at most: the rest is as bad. */
const NAMED_COUNT = 5;

export function goOnComparing(step: Step): Promise<Outcome> {
  switch (step.turn.work.check.step) {
    case 'digest':
      return digestSome(step);
    case 'create':
      return createCheck(step);
    case 'import':
      return importCheck(step);
    case 'compare':
      return compareSome(step);
    default:
      return finish(step);
  }
}

/** A page whose object is written and not yet noted is written again, and is the same. */
async function digestSome({ turn, mayGoOn }: Step): Promise<Outcome> {
  const { work, backup } = turn;
  let { pages, documents, after, isDone } = work.digests;
  const then = { readAt: new Date(backup.snapshotAt!), collections: work.collections!, from: after };
  const all = isDone ? [] : pagesAt(await database(), then);
  for await (const page of wholeIn(all)) {
    const isLast = page.next?.collection !== page.collection;
    const digests: DigestPage = {
      ...{ collection: page.collection, after: page.after, upTo: isLast ? null : page.next!.id },
      documents: page.documents.map((document) => [document.id, digestOf(document)]),
    };
    pages += 1;
    documents += page.documents.length;
    after = page.next ?? null;
    isDone = after === null;
    await writeJson(digestName(backup.backupId, pages), digests);
    await turn.write({ work: { digests: { pages, documents, after, isDone } } });
    if (isDone) break;
    if (!mayGoOn()) return 'wait';
  }
  const counted = sumOfCounts(work.counts!);
  if (documents !== counted)
    throw new BackupFailed('counts_differ', `${documents} of ${counted} documents could be read as they were then`);
  await writeDigestIndex(backup.backupId, pages);
  await turn.write({ work: { digests: { pages, documents, after: null, isDone: true }, check: { ...turn.work.check, step: 'create' } } });
  return 'again';
}

// Firestore's answers to a read at an instant that it does not keep any more: invalid argument, failed precondition
const TOO_OLD = new Set<unknown>([3, 9]);

async function* wholeIn<T>(pages: AsyncIterable<T> | T[]): AsyncGenerator<T> {
  try {
    yield* pages;
  } catch (error) {
    if (!TOO_OLD.has((error as { code?: unknown }).code)) throw error;
    const detail =
      'the database can no longer be read as it was then: it has more documents than an hour is enough for. Keep its past for 7 days';
    throw new BackupFailed('instant_lost', detail);
  }
}

async function createCheck({ turn, admin }: Step): Promise<Outcome> {
  const { check, backupId } = turn.work;
  const databaseId = check.databaseId ?? checkNameOf(backupId);
  // Noted before it is made: who finds it may remove it.
  if (check.databaseId === null) await turn.write({ work: { check: { ...check, databaseId } } });
  if (check.operation === null) {
    const operation = await admin.startCreate(databaseId);
    await turn.write({ work: { check: { ...check, databaseId, operation } } });
    return 'again';
  }
  if (!(await isOver({ turn, admin }, 'a database to compare could not be made'))) return 'wait';
  await turn.write({ work: { check: { ...turn.work.check, step: 'import', operation: null } } });
  return 'again';
}

async function importCheck({ turn, admin }: Step): Promise<Outcome> {
  const { check, exportPlace } = turn.work;
  if (check.operation === null) {
    const operation = await admin.startImport(exportPlace!, check.databaseId!);
    await turn.write({ work: { check: { ...check, operation } } });
    return 'again';
  }
  if (!(await isOver({ turn, admin }, 'the backup could not be brought back'))) return 'wait';
  await turn.write({ work: { check: { ...check, step: 'compare', operation: null } } });
  return 'again';
}

async function isOver({ turn, admin }: Pick<Step, 'turn' | 'admin'>, what: string): Promise<boolean> {
  const state = await admin.stateOf(turn.work.check.operation ?? DONE);
  if (state.state === 'failed') throw new BackupFailed('database_refused', `${what}: ${state.detail}`);
  return state.state === 'done';
}

async function compareSome({ turn, admin, mayGoOn }: Step): Promise<Outcome> {
  const { check, digests, counts } = turn.work;
  const db = await admin.open(check.databaseId!);
  try {
    let { comparedPages } = check;
    if (comparedPages === 0) requireEqualCounts(counts!, await countAll(db));
    while (comparedPages < digests.pages) {
      const page = await readJson(digestName(turn.backup.backupId, comparedPages + 1), DigestPage);
      requireNoDifference(await differencesIn(db, page));
      comparedPages += 1;
      await turn.write({ work: { check: { ...turn.work.check, comparedPages } } });
      if (!mayGoOn()) return 'wait';
    }
  } finally {
    await db.terminate();
  }
  await turn.write({ work: { check: { ...turn.work.check, step: 'remove' } } });
  return 'again';
}

function requireEqualCounts(expected: Record<string, number>, found: Record<string, number>): void {
  const differing = differingCounts(expected, found);
  if (differing.length > 0) throw new BackupFailed('counts_differ', `brought back: ${differing.slice(0, NAMED_COUNT).join('; ')}`);
}

/** Paths may hold a uid: operators are told the collections. */
function requireNoDifference(paths: string[]): void {
  if (paths.length === 0) return;
  const collections = [...new Set(paths.map((path) => path.split('/')[0]))];
  throw new BackupFailed('documents_differ', `${paths.length} documents came back changed, in ${collections.join(', ')}`);
}

/** @returns whether it is gone */
export async function removeCheck({ turn, admin }: Pick<Step, 'turn' | 'admin'>): Promise<boolean> {
  const { check } = turn.work;
  if (check.databaseId === null || check.step === 'removed') return true;
  if (check.step === 'create' && check.operation !== null) {
    if ((await standOf(admin, check.operation)) === 'running') return false; // one that is still being made would be there afterwards
  }
  if (check.step !== 'remove' || check.operation === null) {
    const operation = await admin.startDelete(check.databaseId);
    await turn.write({ work: { check: { ...check, step: 'remove', operation } } });
  }
  const state = await standOf(admin, turn.work.check.operation!);
  // One that could not be removed, as while it is still being filled, is removed again.
  if (state === 'failed') await turn.write({ work: { check: { ...turn.work.check, operation: null } } });
  if (state === 'done') await turn.write({ work: { check: { ...turn.work.check, step: 'removed', operation: null } } });
  return state === 'done';
}

/** What nobody remembers any more is as good as failed: it is begun again. */
async function standOf(admin: DatabaseAdmin, operation: string): Promise<OperationState['state']> {
  try {
    return (await admin.stateOf(operation)).state;
  } catch (error) {
    if (error instanceof DatabaseRefused) return 'failed';
    throw error;
  }
}

async function finish(step: Step): Promise<Outcome> {
  const { turn, world } = step;
  if (!(await removeCheck(step))) return 'wait';
  const restoredAt = new Date(world.clock.now()).toISOString();
  await turn.leave({ backup: { restoredAt, comparison: { state: 'equal', fault: null } } }, null);
  log.info('backup_compared', { backupId: turn.backup.backupId, documents: turn.backup.documents });
  return 'over';
}
