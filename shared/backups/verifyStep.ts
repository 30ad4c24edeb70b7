/**
 * `exported → verifying → verified`: each backup by its numbers, a weekly one by bringing it back.
 *
 * The database it is brought back into is removed whatever happens, also by a pass after the one that died, and after a failure.
 */
import { log } from '#shared/runtime';
import { digestName, exists, holdAll, listObjects, Manifest, manifestName, readJson, verifiedName, writeJson } from './bucket.ts';
import { countAll, differingCounts, sumOfCounts } from './databaseAt.ts';
import { DigestPage, differencesIn } from './digest.ts';
import { DONE } from './port.ts';
import { BackupFailed, type Outcome, type Step } from './step.ts';

/** Told of, at most: the rest is as bad. */
const NAMED_COUNT = 5;

export async function beginVerification({ turn }: Step): Promise<Outcome> {
  const { backupId, snapshotAt } = turn.backup;
  const manifest = await readJson(manifestName(backupId, snapshotAt!), Manifest);
  await requireObjects(manifest);
  const counted = sumOfCounts(manifest.counts);
  if (counted !== manifest.documents) {
    const detail = `the database had ${counted} documents at ${manifest.snapshotAt}, the export has ${manifest.documents}`;
    throw new BackupFailed('counts_differ', detail);
  }
  await turn.write({ backup: { state: 'verifying' } });
  return 'again';
}

/** Everything the manifest names is in the bucket, in its size. @throws {BackupFailed} */
export async function requireObjects(manifest: Manifest): Promise<void> {
  const found = new Map((await listObjects(`backups/${manifest.backupId}/`)).map(({ name, bytes }) => [name, bytes]));
  const lacking = manifest.objects.filter(({ name, bytes }) => found.get(name) !== bytes);
  if (lacking.length > 0) throw new BackupFailed('objects_missing', `${lacking.length} objects are missing or of another size`);
}

export async function goOnVerifying(step: Step): Promise<Outcome> {
  const { turn } = step;
  if (!turn.backup.isWeekly) return finish(step, null);
  switch (turn.work.check.step) {
    case 'create':
      return createCheck(step);
    case 'import':
      return importCheck(step);
    case 'compare':
      return compareCheck(step);
    default: {
      const isRemoved = await removeCheck(step);
      return isRemoved ? finish(step, new Date(step.world.clock.now()).toISOString()) : 'wait';
    }
  }
}

async function createCheck({ turn, admin }: Step): Promise<Outcome> {
  const { check, backupId } = turn.work;
  const databaseId = check.databaseId ?? `check-${backupId.slice('bak_'.length)}`;
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

async function compareCheck({ turn, admin, mayGoOn }: Step): Promise<Outcome> {
  const { check, digests, counts } = turn.work;
  const db = await admin.open(check.databaseId!);
  try {
    let { comparedPages } = check;
    if (comparedPages === 0) requireEqualCounts(counts!, await countAll(db));
    while (comparedPages < digests.pages) {
      if (!mayGoOn()) return 'wait';
      const page = await readJson(digestName(turn.backup.backupId, comparedPages + 1), DigestPage);
      requireNoDifference(await differencesIn(db, page));
      comparedPages += 1;
      await turn.write({ work: { check: { ...turn.work.check, comparedPages } } });
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
    const { state } = await admin.stateOf(check.operation);
    if (state === 'running') return false; // one that is still being made would be there afterwards
  }
  if (check.step !== 'remove' || check.operation === null) {
    const operation = await admin.startDelete(check.databaseId);
    await turn.write({ work: { check: { ...check, step: 'remove', operation } } });
  }
  const { state } = await admin.stateOf(turn.work.check.operation!);
  // One that could not be removed, as while it is still being filled, is removed again.
  if (state === 'failed') await turn.write({ work: { check: { ...turn.work.check, operation: null } } });
  if (state === 'done') await turn.write({ work: { check: { ...turn.work.check, step: 'removed', operation: null } } });
  return state === 'done';
}

/** Held first: from the moment somebody relies on it, nothing can take it away. Those before are let go afterwards (`keepBackups`). */
async function finish({ turn, world }: Step, restoredAt: string | null): Promise<Outcome> {
  const { backupId, snapshotAt } = turn.backup;
  const manifest = manifestName(backupId, snapshotAt!);
  const marker = verifiedName(backupId, snapshotAt!);
  const { objects } = await readJson(manifest, Manifest);
  if (!(await exists(marker))) await writeJson(marker, { backupId, isRestored: restoredAt !== null });
  await holdAll([...objects.map(({ name }) => name), manifest, marker], true);
  await turn.leave(
    {
      work: { isRunning: false, isHeld: true },
      backup: { state: 'verified', verifiedAt: new Date(world.clock.now()).toISOString(), restoredAt },
    },
    null,
  );
  log.info('backup_verified', { backupId, isRestored: restoredAt !== null });
  return 'over';
}
