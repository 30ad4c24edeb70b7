/** `exported → verifying → verified`: everything is in the bucket, in the numbers of the instant, and every page of accounts can be opened. */
import { MediaFault } from '#shared/media';
import { log } from '#shared/runtime';
import { sumOfCounts } from '#shared/snapshots';
import { exists, folderOf, holdAll, listObjects, Manifest, manifestName, readJson, verifiedName, writeJson } from './bucket.ts';
import { type AccountPage, readAccountPage } from './sealedAccounts.ts';
import { BackupFailed, type Outcome, type Step } from './step.ts';

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
  const found = new Map((await listObjects(folderOf(manifest.backupId))).map(({ name, bytes }) => [name, bytes]));
  const lacking = manifest.objects.filter(({ name, bytes }) => found.get(name) !== bytes);
  if (lacking.length > 0) throw new BackupFailed('objects_missing', `${lacking.length} objects are missing or of another size`);
}

/** A page of accounts at a time, by any number of passes. */
export async function goOnVerifying(step: Step): Promise<Outcome> {
  const { turn, mayGoOn } = step;
  const { pages, count } = turn.work.accounts;
  for (let { opened } = turn.work; opened.pages < pages.length; ) {
    opened = { pages: opened.pages + 1, count: opened.count + (await openPage(pages[opened.pages]!)) };
    await turn.write({ work: { opened } });
    if (!mayGoOn()) return 'wait';
  }
  const { opened } = turn.work;
  if (opened.count !== count) throw new BackupFailed('accounts_unreadable', `${opened.count} of ${count} accounts are in the pages`);
  return finish(step);
}

/** @returns how many accounts are in it. @throws {BackupFailed} when nobody could bring them back from it */
export async function openPage(page: AccountPage): Promise<number> {
  try {
    return (await readAccountPage(page)).users.length;
  } catch (error) {
    if (error instanceof MediaFault && error.kind === 'missing') throw new BackupFailed('objects_missing', 'a page of accounts is missing');
    if (error instanceof MediaFault) throw error;
    throw new BackupFailed('accounts_unreadable', 'the accounts cannot be opened with the present BACKUP_SECRET');
  }
}

/**
 * Held first, and that it may be held is written before: from the moment somebody relies on it nothing can take it away, and whoever dies
 * here leaves no hold that nobody knows of. Those before are let go afterwards (`keepBackups`).
 */
async function finish({ turn, world }: Step): Promise<Outcome> {
  const { backupId, snapshotAt, isWeekly } = turn.backup;
  const manifest = manifestName(backupId, snapshotAt!);
  const marker = verifiedName(backupId, snapshotAt!);
  const { objects } = await readJson(manifest, Manifest);
  await turn.write({ work: { isHeld: true } });
  if (!(await exists(marker))) await writeJson(marker, { backupId });
  await holdAll([...objects.map(({ name }) => name), manifest, marker], true);
  const now = new Date(world.clock.now());
  await turn.leave(
    {
      work: { isRunning: false, failedPasses: 0, lastFault: null },
      backup: { state: 'verified', verifiedAt: now.toISOString(), comparison: isWeekly ? { state: 'running', fault: null } : null },
    },
    isWeekly ? now : null,
  );
  log.info('backup_verified', { backupId, documents: turn.backup.documents, accounts: turn.backup.accounts });
  return 'over';
}
