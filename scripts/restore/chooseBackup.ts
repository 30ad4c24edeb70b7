import { type KnownBackup, listManifests } from '#shared/backups';

/** The newest that fits. @throws saying what there is */
export async function chooseBackup(from: string, isForced: boolean): Promise<KnownBackup> {
  const known = await listManifests();
  const fitting = known.filter(({ backupId, snapshotAt }) => from === 'latest' || backupId === from || snapshotAt.startsWith(from));
  const verified = fitting.filter(({ isVerified }) => isVerified);
  const chosen = verified.at(-1) ?? (isForced ? fitting.at(-1) : undefined);
  if (chosen) return chosen;
  if (fitting.length > 0) throw new Error(`What there is of "${from}" was not verified; with --force it is taken all the same.`);
  throw new Error(`There is no backup of "${from}". There are:\n${listOf(known).join('\n')}`);
}

export function listOf(known: KnownBackup[]): string[] {
  if (known.length === 0) return ['  none'];
  return known.map(({ backupId, snapshotAt, isVerified }) => `  ${snapshotAt}  ${backupId}  ${isVerified ? 'verified' : 'not verified'}`);
}
