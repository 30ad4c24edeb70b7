/**
 * Moves backups on, one step after the other, until something has to be waited for. Any number of runs may overlap, and each may die at
 * any point: a step begins with what the records say, and they tell whose turn it is.
 *
 *     started → exporting → exported → verifying → verified          any of them → failed
 */
import { MediaFault } from '#shared/media';
import { config, database, log, mask, required, type World } from '#shared/runtime';
import { type AccountSource, AccountsRefused, ownAccounts } from './accountRecords.ts';
import { copyTombstones } from './copyTombstones.ts';
import { beginExport, goOnExporting } from './exportStep.ts';
import { type DatabaseAdmin, DatabaseRefused } from './port.ts';
import type { BackupFailure } from './record.ts';
import { BACKUP_BOUNDS, type BackupBounds, BackupFailed, type Outcome, type Step } from './step.ts';
import { findDue, type Turn, TurnLost, takeTurn } from './takeTurn.ts';
import { beginVerification, goOnVerifying, removeCheck } from './verifyStep.ts';

/** Looked at in one pass; there is one that runs, and those that have something to be tidied up. */
const MOST_DUE = 5;

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
    return pages <= bounds.pages && !signal.aborted && world.clock.monotonicMs() < endsAtMs;
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

export async function ownDatabaseAdmin(): Promise<DatabaseAdmin> {
  if (config().FIRESTORE_EMULATOR_HOST) return (await import('./emulatorDatabase.ts')).emulatorDatabase();
  return (await import('./managedDatabase.ts')).managedDatabase(required('BACKUP_BUCKET'));
}

async function moveOn(step: Step, hasTime: () => boolean): Promise<void> {
  const { turn, world, bounds } = step;
  const later = () => new Date(world.clock.now() + bounds.againMs);
  try {
    if (!turn.work.isRunning) return await tidyUp(step, later());
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
    default:
      return Promise.resolve('over');
  }
}

function isLate({ work }: Turn, { clock }: World): boolean {
  return clock.now() >= Date.parse(work.deadlineAt);
}

function lateness({ work, backup }: Turn): [BackupFailure['code'], string] {
  if (work.lastFault) return [work.lastFault.code, `${work.lastFault.detail} (until the deadline)`];
  return ['too_late', `still ${backup.state} at the deadline`];
}

/** A fault ends it when it is certain, or when it has stayed for several passes and no repetition should change it. */
async function settle(error: unknown, step: Step, later: Date): Promise<void> {
  const { turn, bounds } = step;
  const { backupId } = turn.backup;
  const { failure, isFinal, isRefusal } = judge(error);
  const failedPasses = turn.work.failedPasses + 1;
  const isOver = isFinal || (isRefusal && failedPasses >= bounds.refusedPasses);
  try {
    if (!isOver) {
      log.warn('backup_step_failed', { backupId, state: turn.backup.state, failedPasses, error });
      return await turn.leave({ work: { failedPasses, lastFault: failure } }, later);
    }
    log.error('backup_failed', { backupId, state: turn.backup.state, code: failure.code, detail: failure.detail, error });
    await turn.write({
      work: { isRunning: false, failedPasses, lastFault: failure, digests: { ...turn.work.digests, after: null } },
      backup: { state: 'failed', failure },
    });
    await tidyUp(step, later);
  } catch (unwritten) {
    if (unwritten instanceof TurnLost) return log.info('backup_taken_over', { backupId });
    log.warn('backup_step_failed', { backupId, error: unwritten }); // its lease runs out, and it is tried again
  }
}

/** What it made on the way is removed whatever has become of it. */
async function tidyUp({ turn, admin }: Pick<Step, 'turn' | 'admin'>, later: Date): Promise<void> {
  try {
    const isRemoved = await removeCheck({ turn, admin });
    await turn.leave({}, isRemoved ? null : later);
  } catch (error) {
    if (error instanceof TurnLost) return;
    log.error('check_database_not_removed', { backupId: turn.backup.backupId, databaseId: turn.work.check.databaseId, error });
    await turn.leave({}, later);
  }
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
  return error.kind === 'unavailable' ? of('bucket_unavailable', false) : of('bucket_refused', true);
}
