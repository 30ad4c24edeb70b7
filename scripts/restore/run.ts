import { type DatabaseAdmin, LIVE_DATABASE, listManifests, openManifest, ownDatabaseAdmin } from '#shared/backups';
import { releaseSweeps } from '#shared/operations';
import { config, database, newId, systemClock } from '#shared/runtime';
import { countAccounts } from './accounts.ts';
import { chooseBackup, listOf } from './chooseBackup.ts';
import type { RestoreCommand } from './commandLine.ts';
import { readDeletions } from './deletions.ts';
import { judge } from './judge.ts';
import { collectionsThere } from './look.ts';
import { markerFile } from './marker.ts';
import { planOf, requireOnePlace, requireSameProject } from './plan.ts';
import { restoreDatabase } from './restoreDatabase.ts';
import { type RestoreOutcome, verdict } from './verdict.ts';
import { requireWhole } from './whole.ts';

interface Telling {
  say: (text: string) => void;
  progress: (text: string) => void;
  /** By default what the settings of this process name. */
  admin?: DatabaseAdmin;
}

export async function run(asked: RestoreCommand, telling: Telling): Promise<RestoreOutcome> {
  if (asked.command === 'list') return { isSound: true, lines: listOf(await listManifests()) };
  return asked.command === 'release' ? release(asked) : restore(asked, telling);
}

async function release({ isForced }: RestoreCommand): Promise<RestoreOutcome> {
  const left = await markerFile(config().GOOGLE_CLOUD_PROJECT, LIVE_DATABASE, '').read();
  if (left && left.step !== 'done' && !isForced) {
    return {
      isSound: false,
      lines: [`A restore of ${left.backupId} has stopped at "${left.step}": go on with it first, or --force · 복원이 끝나지 않았습니다`],
    };
  }
  await releaseSweeps(await database());
  return { isSound: true, lines: ['The storage is swept again · 저장소 정리를 다시 시작합니다'] };
}

/** Everything is looked at before anything is written. */
async function restore(asked: RestoreCommand, { say, progress, ...given }: Telling): Promise<RestoreOutcome> {
  const { from, to, isDryRun, isForced, isImportEnded, accounts } = asked;
  const { manifestName, isVerified } = await chooseBackup(from, isForced);
  const manifest = await openManifest(manifestName);
  requireSameProject(manifest, asked.mayBeOther);
  requireOnePlace(accounts);
  await requireWhole(manifest);
  const admin = given.admin ?? (await ownDatabaseAdmin());
  const db = await admin.open(to);
  try {
    const collections = await collectionsThere(db);
    const deletions = await readDeletions(collections && db); // also to know now, and not when the documents are there, what cannot be read
    const counts = accounts === 'none' ? undefined : await countAccounts(manifest, { db, deletions });
    say(planOf(manifest, asked, { isVerified, counts }).join('\n'));
    const file = markerFile(config().GOOGLE_CLOUD_PROJECT, to, newId('clm'));
    const { begun, notes, refusals } = await judge({ collections, left: await file.read() }, { db, admin, manifest, asked });
    for (const note of notes) say(note);
    if (refusals.length > 0) return { isSound: false, lines: refusals };
    if (isDryRun) return { isSound: true, lines: ['Nothing was changed (--dry-run) · 변경된 것이 없습니다'] };
    if (collections === undefined) await make(admin, to, progress);
    const restoring = { manifest, isVerified, to, admin, db, file, begun, accounts, isImportEnded, progress };
    const restored = await restoreDatabase({ ...restoring, now: () => new Date(), sleep: systemClock.sleep });
    return verdict(restored, manifest, asked);
  } finally {
    await db.terminate();
  }
}

async function make(admin: DatabaseAdmin, to: string, progress: (text: string) => void): Promise<void> {
  const operation = await admin.startCreate(to);
  for (;;) {
    const state = await admin.stateOf(operation);
    if (state.state === 'done') return;
    if (state.state === 'failed') throw new Error(`The database ${to} could not be made: ${state.detail}`);
    progress(`making the database ${to}`);
    await systemClock.sleep(3_000);
  }
}
