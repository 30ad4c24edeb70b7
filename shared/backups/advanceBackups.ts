/**
 * Moves backups on, one step after the other, until something has to be waited for. Any number of runs may overlap, and each may die at
 * any point: a step begins with what the records say, and they tell whose turn it is.
 *
 *     started → exporting → exported → verifying → verified          any of them → failed
 *
 * A weekly one is compared after that, beside the backups of the next days. One that has failed is tried again on the same day.
 */
import { MediaFault } from '#shared/media';
import { config, database, log, mask, type World } from '#shared/runtime';
import { type DatabaseAdmin, DatabaseRefused, ownDatabaseAdmin } from '#shared/snapshots';
import { type AccountSource, AccountsRefused, ownAccounts } from './accountRecords.ts';
import { goOnComparing, removeCheck } from './compareStep.ts';
import { copyTombstones } from './copyTombstones.ts';
import { beginExport, goOnExporting } from './exportStep.ts';
import type { BackupFailure } from './record.ts';
import { takeMarkAway } from './spoilBackup.ts';
import { BACKUP_BOUNDS, type BackupBounds, BackupFailed, type Outcome, type Step } from './step.ts';
import { findDue, type Turn, TurnLost, takeTurn } from './takeTurn.ts';
import { nextTryAt, tryAgain } from './tryAgain.ts';
import { beginVerification, goOnVerifying } from './verifyStep.ts';

/** Looked at in one pass: one that is made, one that is compared, and those that have something to be tidied up. */
const MOST_DUE = 5;
/** Firestore keeps the past for seven days, and the last documents are digested before that. */
const COMPARISON_MS = 6 * 24 * 60 * 60_000;
const DIFFERENT = new Set<BackupFailure['code']>(['counts_differ', 'documents_differ']);

export interface BackupRun {
  world: World;
  signal: AbortSignal;
  bounds?: BackupBounds;
  /** By default Firestore's own service, or the emulator. */
  admin?: DatabaseAdmin;
  accounts?: AccountSource;
}

/** @returns how many backups have been moved on */
export async function advanceBackups({ world, signal, bounds = BACKUP_BOUNDS, ...given }: BackupRun): Promise<number> {
  await copyDeletions(world);
  const due = await findDue(await database(), new Date(world.clock.now()), MOST_DUE);
  if (due.length === 0) return 0;
  const admin = given.admin ?? (await ownDatabaseAdmin());
  const accounts = given.accounts ?? ownAccounts();
  const endsAtMs = world.clock.monotonicMs() + bounds.passMs;
  let pages = 0;
  const mayGoOn = () => {
    pages += 1;
    return pages < bounds.pages && !signal.aborted && world.clock.monotonicMs() < endsAtMs;
  };
  let moved = 0;
  for (const backupId of due) {
    const turn = await takeTurn(backupId, world, bounds.leaseMs);
    if (!turn) continue;
    moved += 1;
    await moveOn({ turn, world, admin, accounts, bounds, mayGoOn }, () => !signal.aborted && world.clock.monotonicMs() < endsAtMs);
  }
  return moved;
}

/** Keeps no backup waiting. */
async function copyDeletions(world: World): Promise<void> {
  if (config().BACKUP_BUCKET === undefined) return;
  await copyTombstones(world).catch((error: unknown) => log.warn('tombstones_not_copied', { error }));
}

async function moveOn(step: Step, hasTime: () => boolean): Promise<void> {
  const { turn, world, bounds } = step;
  const later = () => new Date(world.clock.now() + bounds.againMs);
  try {
    if (!turn.work.isRunning && !isCompared(turn)) return await lookAfter(step, later());
    if (isLate(turn, world)) throw new BackupFailed(...lateness(turn));
    let outcome: Outcome;
    do {
      outcome = await nextStep(step); // one at least: whoever has little time gets on as well
    } while (outcome === 'again' && hasTime());
    if (outcome === 'over') return;
    await turn.leave({ work: { failedPasses: 0, lastFault: null } }, outcome === 'wait' ? later() : new Date(world.clock.now()));
  } catch (error) {
    if (error instanceof TurnLost) return log.info('backup_taken_over', { backupId: turn.backup.backupId });
    await settle(error, step, later());
  }
}

function isCompared({ backup }: Turn): boolean {
  return backup.state === 'verified' && backup.comparison?.state === 'running';
}

function nextStep(step: Step): Promise<Outcome> {
  switch (step.turn.backup.state) {
    case 'started':
      return beginExport(step);
    case 'exporting':
      return goOnExporting(step);
    case 'exported':
      return beginVerification(step);
    case 'verifying':
      return goOnVerifying(step);
    case 'verified':
      return goOnComparing(step);
    default:
      return Promise.resolve('over');
  }
}

function isLate({ work }: Turn, { clock }: World): boolean {
  return clock.now() >= (work.isRunning ? Date.parse(work.deadlineAt) : Date.parse(work.createdAt) + COMPARISON_MS);
}

function lateness({ work, backup }: Turn): [BackupFailure['code'], string] {
  if (work.lastFault) return [work.lastFault.code, `${work.lastFault.detail} (until the deadline)`];
  return ['too_late', work.isRunning ? `still ${backup.state} at the deadline` : 'not compared within six days'];
}

/** A fault ends it when it is certain, or when it has stayed for several passes and no repetition should change it. */
async function settle(error: unknown, step: Step, later: Date): Promise<void> {
  const { turn, bounds } = step;
  const { backupId, state } = turn.backup;
  const { failure, isFinal, isRefusal } = judge(error);
  const failedPasses = turn.work.failedPasses + 1;
  const most = turn.work.isRunning ? bounds.refusedPasses : bounds.refusedComparisons;
  try {
    if (!isFinal && !(isRefusal && failedPasses >= most)) {
      log.warn('backup_step_failed', { backupId, state, failedPasses, error });
      return await turn.leave({ work: { failedPasses, lastFault: failure } }, later);
    }
    await end(step, failure, error);
    await lookAfter(step, later);
  } catch (unwritten) {
    if (unwritten instanceof TurnLost) return log.info('backup_taken_over', { backupId });
    log.warn('backup_step_failed', { backupId, error: unwritten }); // its lease runs out, and it is tried again
  }
}

/** What came back different is no backup; one that could not be compared is as good as one of another day. */
async function end({ turn, world }: Step, failure: BackupFailure, error: unknown): Promise<void> {
  const { backupId, state, snapshotAt } = turn.backup;
  const isDifferent = DIFFERENT.has(failure.code);
  const comparison = isCompared(turn) ? ({ state: isDifferent ? 'different' : 'given_up', fault: failure } as const) : null;
  if (comparison?.state === 'given_up') {
    log.error('comparison_given_up', { backupId, snapshotAt, ...failure, error });
    return turn.write({ work: { failedPasses: 0, lastFault: failure }, backup: { comparison } });
  }
  log.error('backup_failed', { backupId, state, ...failure, error });
  const retryAt = nextTryAt(turn.work.tries, world.clock.now());
  await turn.write({
    work: { isRunning: false, failedPasses: 0, lastFault: failure, retryAt },
    backup: { state: 'failed', failure, ...(comparison ? { comparison } : {}) },
  });
}

/** What it made on the way is removed whatever has become of it, and if it has failed, another is begun. Neither waits for the other. */
async function lookAfter(step: Step, later: Date): Promise<void> {
  const { turn } = step;
  const { backupId, state, snapshotAt } = turn.backup;
  let isTidy = true;
  const tidy = async (what: string, work: () => Promise<boolean>) => {
    try {
      isTidy = (await work()) && isTidy;
    } catch (error) {
      if (error instanceof TurnLost) throw error;
      log.error('backup_not_tidied', { backupId, what, databaseId: turn.work.check.databaseId, error });
      isTidy = false;
    }
  };
  let retryAt: Date | undefined;
  await tidy('another is begun', async () => {
    retryAt = await tryAgain(step);
    return true;
  });
  // It is written before the record is: one that has failed at the last moment has it as well.
  if (state === 'failed' && snapshotAt !== null) {
    await tidy('its mark is taken away', async () => {
      await takeMarkAway(turn.backup);
      return true;
    });
  }
  await tidy('the database to compare is removed', () => removeCheck(step));
  await turn.leave({}, isTidy ? (retryAt ?? null) : later);
}

interface Judged {
  failure: BackupFailure;
  /** Nothing can make a backup of it any more. */
  isFinal: boolean;
  isRefusal: boolean;
}

function judge(error: unknown): Judged {
  if (error instanceof BackupFailed) return { failure: error.failure, isFinal: true, isRefusal: true };
  const detail = mask(error instanceof Error ? error.message : String(error)).slice(0, 300);
  const of = (code: BackupFailure['code'], isRefusal: boolean) => ({ failure: { code, detail }, isFinal: false, isRefusal });
  if (error instanceof DatabaseRefused) return of('database_refused', true);
  if (error instanceof AccountsRefused) return of('accounts_unreadable', true);
  if (!(error instanceof MediaFault)) return of('unexpected', false);
  if (error.kind === 'missing') return of('objects_missing', true);
  return error.kind === 'unavailable' ? of('bucket_unavailable', false) : of('bucket_refused', true);
}
