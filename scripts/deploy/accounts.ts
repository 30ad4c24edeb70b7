/** Who the functions are on Google Cloud, and the least that each needs. docs/deploy.md lists the same. */
import type { RegisteredEndpoint } from '../loadEndpoints.ts';

export type AccountName = 'api' | 'worker' | 'backup' | 'scheduler';

interface Account {
  displayName: string;
  /** On the project. */
  roles: string[];
  /** On its buckets. */
  buckets: { media?: string; backup?: string };
}

const DATA = 'roles/datastore.user';
/** Accounts are made, disabled, deleted; password hashes read for a backup. There is no smaller role for either. */
const AUTH = 'roles/firebaseauth.admin';
/** Asks for a run of a job now. */
const NUDGE = 'roles/cloudscheduler.jobRunner';

export const ACCOUNTS: Record<AccountName, Account> = {
  api: { displayName: 'Sori: functions that people call', roles: [DATA, AUTH, NUDGE], buckets: { media: 'roles/storage.objectUser' } },
  worker: { displayName: 'Sori: recurring work', roles: [DATA, AUTH, NUDGE], buckets: { media: 'roles/storage.objectUser' } },
  backup: {
    displayName: 'Sori: backups, and the watch that moves them on',
    // Once a week a backup is brought back into a database that is made for it, and removed.
    roles: ['roles/datastore.owner', AUTH, NUDGE],
    buckets: { media: 'roles/storage.objectUser', backup: 'roles/storage.objectAdmin' },
  },
  scheduler: { displayName: 'Sori: calls the recurring functions', roles: [], buckets: {} },
};

/** The three that read or write backups. `watchService` carries them on minute by minute. */
const BACKUP_FUNCTIONS = ['backUpDatabase', 'verifyBackup', 'watchService'];

export function accountOf({ name, access }: Pick<RegisteredEndpoint, 'name' | 'access'>): AccountName {
  if (BACKUP_FUNCTIONS.includes(name)) return 'backup';
  return access === 'scheduler' ? 'worker' : 'api';
}

export function emailOf(account: AccountName, projectId: string): string {
  return `sori-${account}@${projectId}.iam.gserviceaccount.com`;
}
