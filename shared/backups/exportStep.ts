/** `started → exporting → exported`: documents and accounts reach the bucket, and what they have to be equal to is written down. */
import { config, database, log } from '#shared/runtime';
import { isRedacted } from './accountRecords.ts';
import { digestName, folderOf, listObjects, type Manifest, manifestName, writeJson } from './bucket.ts';
import { collectionsOf, countAll, pagesAt, sumOfCounts } from './databaseAt.ts';
import { type DigestPage, digestOf } from './digest.ts';
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

/** One part at a time, the quick ones first: what is read at an old instant has to be read within the hour. */
export function goOnExporting(step: Step): Promise<Outcome> {
  const { work } = step.turn;
  if (work.counts === null) return countThen(step);
  if (!work.digests.isDone) return digestSome(step);
  if (work.accountPages === null) return exportAccounts(step);
  if (!work.isExported) return waitForExport(step);
  return finishExport(step);
}

async function countThen({ turn }: Step): Promise<Outcome> {
  const counts = await countAll(await database(), then(turn));
  await turn.write({ work: { counts } });
  return 'again';
}

function then({ work, backup }: Step['turn']) {
  return { readAt: new Date(backup.snapshotAt!), collections: work.collections! };
}

/** A page whose object is written and not yet noted is written again, and is the same. */
async function digestSome({ turn, mayGoOn }: Step): Promise<Outcome> {
  let { pages, after } = turn.work.digests;
  for await (const page of pagesAt(await database(), { ...then(turn), from: after })) {
    const isLast = page.next?.collection !== page.collection;
    const digests: DigestPage = {
      ...{ collection: page.collection, after: page.after, upTo: isLast ? null : page.next!.id },
      documents: page.documents.map((document) => [document.id, digestOf(document)]),
    };
    pages += 1;
    after = page.next ?? null;
    await writeJson(digestName(turn.backup.backupId, pages), digests);
    if (after === null) break;
    await turn.write({ work: { digests: { pages, after, isDone: false } } });
    if (!mayGoOn()) return 'wait';
  }
  await turn.write({ work: { digests: { pages, after: null, isDone: true } } });
  return 'again';
}

/** After the documents: an account without its document gets one at its first call; a document without its account is of no use. */
async function exportAccounts({ turn, accounts, world }: Step): Promise<Outcome> {
  const attempt = world.newId('clm').slice(4);
  const accountPages: Manifest['accountPages'] = [];
  const hashConfig = await accounts.readHashConfig();
  let count = 0;
  for await (const page of accounts.pages()) {
    const redacted = page.filter(isRedacted).length;
    if (redacted > 0) throw new BackupFailed('accounts_redacted', `${redacted} accounts came without their password hash`);
    const place = { backupId: turn.backup.backupId, attempt, number: accountPages.length + 1 };
    accountPages.push(await writeAccountPage({ hashConfig: hashConfig ?? null, users: page }, place));
    count += page.length;
  }
  await turn.write({ work: { accountPages }, backup: { accounts: count } });
  return 'again';
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
  const accountNames = new Set(work.accountPages!.map(({ name }) => name));
  const isOurs = (name: string) => accountNames.has(name) || /\/digests\//.test(name) || name.startsWith(`${work.exportPlace}/`);
  const objects = (await listObjects(folderOf(backupId))).filter(({ name }) => isOurs(name));
  const manifest: Manifest = {
    ...{ version: 1, backupId, project: config().GOOGLE_CLOUD_PROJECT, snapshotAt: backup.snapshotAt!, isWeekly },
    ...{ exportPlace: work.exportPlace!, counts: work.counts!, documents: backup.documents!, digestPages: work.digests.pages },
    ...{ accounts: backup.accounts!, accountPages: work.accountPages!, objects },
  };
  await writeJson(manifestName(backupId, backup.snapshotAt!), manifest);
  const bytes = objects.reduce((sum, object) => sum + object.bytes, 0);
  await turn.write({ backup: { state: 'exported', bytes } });
  log.info('backup_exported', { backupId, documents: sumOfCounts(work.counts!), accounts: backup.accounts, bytes });
  return 'again';
}
