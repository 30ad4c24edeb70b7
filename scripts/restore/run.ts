import { LIVE_DATABASE, listManifests, Manifest, ownDatabaseAdmin, readJson } from '#shared/backups';
import { releaseSweeps } from '#shared/operations';
import { database, systemClock } from '#shared/runtime';
import { chooseBackup, listOf } from './chooseBackup.ts';
import type { RestoreCommand } from './commandLine.ts';
import type { Marker } from './marker.ts';
import { lookAt, restoreDatabase } from './restoreDatabase.ts';

export interface RestoreOutcome {
  isSound: boolean;
  lines: string[];
}

interface Telling {
  say: (text: string) => void;
  progress: (text: string) => void;
}

export async function run(asked: RestoreCommand, telling: Telling): Promise<RestoreOutcome> {
  if (asked.command === 'list') return { isSound: true, lines: listOf(await listManifests()) };
  if (asked.command === 'release') {
    await releaseSweeps(await database());
    return { isSound: true, lines: ['The storage is swept again · 저장소 정리를 다시 시작합니다'] };
  }
  return restore(asked, telling);
}

async function restore({ from, to, isDryRun, isForced }: RestoreCommand, { say, progress }: Telling): Promise<RestoreOutcome> {
  const { manifestName, isVerified } = await chooseBackup(from, isForced);
  const manifest = await readJson(manifestName, Manifest);
  const admin = await ownDatabaseAdmin();
  say(planOf(manifest, to, isVerified).join('\n'));
  if (!isDryRun && to !== LIVE_DATABASE) await created(admin, to, progress);
  const db = await admin.open(to);
  try {
    const { collections, marker } = await lookAt(db);
    const begun = isBegun(marker, manifest) ? marker : undefined;
    say(begun ? `Begun before, goes on with: ${begun.step}` : `There now: ${collections.join(', ') || 'nothing'}`);
    if (collections.length > 0 && !begun && !isForced) {
      return { isSound: isDryRun, lines: [`${to} is not empty. Take another database, or --force · 대상이 비어 있지 않습니다`] };
    }
    if (isDryRun) return { isSound: true, lines: ['Nothing was changed (--dry-run) · 변경된 것이 없습니다'] };
    const restored = await restoreDatabase({ manifest, to, admin, db, progress, now: () => new Date(), sleep: systemClock.sleep });
    return { isSound: restored.differences.length === 0, lines: verdict(restored, manifest) };
  } finally {
    await db.terminate();
  }
}

function isBegun(marker: Marker | undefined, { backupId }: Manifest): boolean {
  return marker?.backupId === backupId && marker.step !== 'done';
}

function planOf(manifest: Manifest, to: string, isVerified: boolean): string[] {
  const { backupId, snapshotAt, documents, accounts, digestPages } = manifest;
  const people = to === LIVE_DATABASE ? `${accounts} accounts` : 'no accounts, for they belong to (default)';
  return [
    `Backup ${backupId} of ${snapshotAt}, ${isVerified ? 'verified' : 'NOT verified'}: ${documents} documents, ${accounts} accounts`,
    `Goes to ${to} of ${manifest.project}: all documents, ${people}; then ${digestPages > 0 ? 'every document is' : 'the numbers are'} compared`,
    'Accounts deleted since are closed again; the storage is not swept for 7 days, or until: npm run restore -- release',
  ];
}

function verdict(
  { differences, accounts, closed, heldUntil }: Awaited<ReturnType<typeof restoreDatabase>>,
  { documents, digestPages }: Manifest,
): string[] {
  const equal = `${documents} documents ${digestPages > 0 ? 'are equal, each compared' : 'by collection, in equal numbers'}`;
  return [
    differences.length === 0 ? `Equal · 동일: ${equal}` : `NOT equal · 다름:\n${differences.map((path) => `  ${path}`).join('\n')}`,
    `Accounts: ${accounts} brought back; ${closed} that were deleted since are closed, and erased by watchService`,
    `Sweeps are held until ${heldUntil.toISOString()}`,
  ];
}

async function created(admin: Awaited<ReturnType<typeof ownDatabaseAdmin>>, to: string, progress: (text: string) => void): Promise<void> {
  const operation = await admin.startCreate(to);
  for (;;) {
    const state = await admin.stateOf(operation);
    if (state.state === 'done') return;
    if (state.state === 'failed') throw new Error(`The database ${to} could not be made: ${state.detail}`);
    progress(`making the database ${to}`);
    await systemClock.sleep(3_000);
  }
}
