/** What a restore is about to do, for people: above all where to, as the settings of this process say and not the backup. */
import type { Manifest } from '#shared/backups';
import { config } from '#shared/runtime';
import type { AccountCounts } from './accounts.ts';
import type { RestoreCommand } from './commandLine.ts';

/** Nothing is left out: an operator has to see each mistake here, before it is made. */
export function planOf(
  manifest: Manifest,
  { to, accounts: mode }: Pick<RestoreCommand, 'to' | 'accounts'>,
  { isVerified, counts }: { isVerified: boolean; counts: AccountCounts | undefined },
): string[] {
  const { backupId, snapshotAt, documents, accounts, digestPages, project: from } = manifest;
  const { GOOGLE_CLOUD_PROJECT: project, FIRESTORE_EMULATOR_HOST: firestore, FIREBASE_AUTH_EMULATOR_HOST: auth } = config();
  return [
    `Backup ${backupId} of project ${from} at ${snapshotAt}, ${isVerified ? 'verified' : 'NOT verified'}: ${documents} documents, ${accounts} accounts`,
    `Goes to project ${project}, database ${to}${firestore ? ` of the emulator at ${firestore}` : ''}: all documents; then ${digestPages > 0 ? 'every document is' : 'the numbers are'} compared`,
    `Firebase Auth of project ${project} (no tenant)${auth ? ` at the emulator ${auth}` : ''}: ${accountsLine(mode, counts)}`,
    'Accounts deleted since are closed again, songs that may have been ordered since are given up with the credit back, the storage is not swept for 7 days',
  ];
}

function accountsLine(mode: RestoreCommand['accounts'], counts: AccountCounts | undefined): string {
  if (mode === 'none' || !counts) return 'no account is touched';
  const { all, there, byEmail, deleted } = counts;
  const lacking = all - there - byEmail - deleted;
  const left = [
    ...(deleted > 0 ? [`${deleted} deleted since`] : []),
    ...(byEmail > 0 ? [`${byEmail} whose address is another's by now`] : []),
  ];
  const kept = left.length > 0 ? `; ${left.join(' and ')} are left out` : '';
  const back = `${lacking} that it lacks are brought back${there > 0 && lacking > 0 ? ', also whoever was deleted there by hand' : ''}`;
  if (mode === 'missing') return `${there} of ${all} are there and stay as they are; ${back}${kept}`;
  return `${there} of ${all} are there and are REPLACED: passwords, addresses, roles and locks are as they were then, all of them have to sign in again; ${back}${kept}`;
}

/** @throws unless it was said that this is meant */
export function requireSameProject({ project: from, backupId }: Manifest, mayBeOther: boolean): void {
  const { GOOGLE_CLOUD_PROJECT: project } = config();
  if (from === project || mayBeOther) return;
  throw new Error(
    `Backup ${backupId} is of project ${from}, and this would write to project ${project}. Nothing was changed.\n` +
      `Name the other one (--project ${from}), or say that it is meant: --into-other-project\n다른 프로젝트의 백업입니다. 아무것도 바꾸지 않았습니다.`,
  );
}

/** @throws when documents would go to an emulator and accounts to Google Cloud, or the other way round */
export function requireOnePlace(accounts: RestoreCommand['accounts']): void {
  const { FIRESTORE_EMULATOR_HOST: firestore, FIREBASE_AUTH_EMULATOR_HOST: auth } = config();
  if (accounts === 'none' || (firestore === undefined) === (auth === undefined)) return;
  const [here, there] = firestore ? ['documents', 'accounts'] : ['accounts', 'documents'];
  throw new Error(
    `By the settings, ${here} would go to an emulator and ${there} to Google Cloud. Nothing was changed. Set both, or --accounts none`,
  );
}
