/** `started → exporting → exported`: documents and accounts reach the bucket, and what they have to be equal to is written down. */
import { config, database, log } from '#shared/runtime';
import { collectionsOf, countAll, sumOfCounts } from '#shared/snapshots';
import { isRedacted } from './accountRecords.ts';
import { folderOf, listObjects, type Manifest, manifestName, writeJson } from './bucket.ts';
import { BACKUP_WORK } from './record.ts';
import { writeAccountPage } from './sealedAccounts.ts';
import { BackupFailed, type Outcome, type Step } from './step.ts';

/** Chooses the instant, then asks for the export. If this process dies in between, another export is asked for, in another place. */
export async function beginExport({ turn, admin, world }: Step): Promise<Outcome> {
  const db = await database();
  const instant = await admin.chooseInstant();
  const previous = await db.collection(BACKUP_WORK).orderBy('createdAt', 'desc').limit(5).get();
  const before = previous.docs.flatMap((found) => Object.keys((found.get('counts') as object | null) ?? {}));
  const collections = [...new Set([...(await collectionsOf(db)), ...before])].sort();
  const exportPlace = `${folderOf(turn.backup.backupId)}export-${world.newId('clm').slice(4)}`;
  await turn.write({ work: { exportPlace, collections }, backup: { snapshotAt: instant.toISOString() } });
  const exportOperation = await admin.startExport(exportPlace, instant, collections);
  await turn.write({ work: { exportOperation }, backup: { state: 'exporting' } });
  return 'again';
}

/** One part at a time; the count first: what is read at an old instant has to be read within the hour. */
export function goOnExporting(step: Step): Promise<Outcome> {
  const { work } = step.turn;
  if (work.counts === null) return countThen(step);
  if (!work.accounts.isDone) return exportAccounts(step);
  if (!work.isExported) return waitForExport(step);
  return finishExport(step);
}

async function countThen({ turn }: Step): Promise<Outcome> {
  const { work, backup } = turn;
  const counts = await countAll(await database(), { readAt: new Date(backup.snapshotAt!), collections: work.collections! });
  await turn.write({ work: { counts } });
  return 'again';
}

/**
 * A page at a time, by any number of passes. After the documents: an account without its document gets one at its first call; a document
 * without its account is of no use.
 */
async function exportAccounts({ turn, accounts: source, world, mayGoOn }: Step): Promise<Outcome> {
  const hashConfig = (await source.readHashConfig()) ?? null;
  for (;;) {
    const { pages, count, next: token } = turn.work.accounts;
    const { users, next } = await source.readPage(token);
    const redacted = users.filter(isRedacted).length;
    if (redacted > 0) throw new BackupFailed('accounts_redacted', `${redacted} accounts came without their password hash`);
    const place = { backupId: turn.backup.backupId, attempt: world.newId('clm').slice(4), number: pages.length + 1 };
    const page = await writeAccountPage({ hashConfig, users }, place);
    const isDone = next === null;
    const accounts = { pages: [...pages, page], count: count + users.length, next, isDone };
    await turn.write({ work: { accounts }, ...(isDone ? { backup: { accounts: accounts.count } } : {}) });
    if (isDone) return 'again';
    if (!mayGoOn()) return 'wait';
  }
}

async function waitForExport({ turn, admin }: Step): Promise<Outcome> {
  const state = await admin.stateOf(turn.work.exportOperation!);
  if (state.state === 'running') return 'wait';
  if (state.state === 'failed') throw new BackupFailed('database_refused', `the export has failed: ${state.detail}`);
  await turn.write({ work: { isExported: true }, backup: { documents: state.documents } });
  return 'again';
}

async function finishExport({ turn }: Step): Promise<Outcome> {
  const { work, backup } = turn;
  const { backupId, isWeekly } = backup;
  const accountNames = new Set(work.accounts.pages.map(({ name }) => name));
  const isOurs = (name: string) => accountNames.has(name) || name.startsWith(`${work.exportPlace}/`);
  const objects = (await listObjects(folderOf(backupId))).filter(({ name }) => isOurs(name));
  const manifest: Manifest = {
    ...{ version: 1, backupId, project: config().GOOGLE_CLOUD_PROJECT, snapshotAt: backup.snapshotAt!, isWeekly },
    ...{ exportPlace: work.exportPlace!, counts: work.counts!, documents: backup.documents!, digestPages: 0 },
    ...{ accounts: backup.accounts!, accountPages: work.accounts.pages, objects },
  };
  await writeJson(manifestName(backupId, backup.snapshotAt!), manifest);
  const bytes = objects.reduce((sum, object) => sum + object.bytes, 0);
  await turn.write({ backup: { state: 'exported', bytes } });
  log.info('backup_exported', { backupId, documents: sumOfCounts(work.counts!), accounts: backup.accounts, bytes });
  return 'again';
}
