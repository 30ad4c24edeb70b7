/** Accounts of Firebase Auth, which belong to a project, not to a database. */
import type { Firestore } from '@google-cloud/firestore';
import { type Account, type Manifest, ownAccounts, readAccountPage } from '#shared/backups';
import type { AccountsMode } from './commandLine.ts';
import { type Deletions, isDeleted } from './deletions.ts';
import type { Marker } from './marker.ts';

export interface AccountCounts {
  all: number;
  /** In Auth, now. */
  there: number;
  /** Not there, but their address is another's. */
  byEmail: number;
  deleted: number;
}

/** Every page is opened. @throws when one cannot be */
export async function countAccounts(manifest: Manifest, { db, deletions }: Pick<Bringing, 'db' | 'deletions'>): Promise<AccountCounts> {
  const counts = { all: 0, there: 0, byEmail: 0, deleted: 0 };
  for (const page of manifest.accountPages) {
    const { users } = await readAccountPage(page).catch((error: unknown) => {
      throw new Error(`${page.name} cannot be opened: ${(error as Error).message}. Nothing was changed. Is BACKUP_SECRET the one of then?`);
    });
    const kept = users.filter(({ localId }) => !isDeleted(db, localId, deletions));
    const { uids, byEmail } = await ownAccounts().findTaken(kept);
    counts.all += users.length;
    counts.deleted += users.length - kept.length;
    counts.there += kept.filter(({ localId }) => uids.has(localId)).length;
    counts.byEmail += byEmail.size;
  }
  return counts;
}

interface Bringing {
  db: Firestore;
  mode: AccountsMode;
  deletions: Deletions;
}

/**
 * One page of a backup, without those who have deleted their account since. Whoever is there already stays as he is, unless told
 * otherwise; and an address that another has by now stays his.
 */
export async function bringPage(
  page: Manifest['accountPages'][number],
  { db, mode, deletions }: Bringing,
): Promise<{ counts: Marker['accounts']; lacking: number }> {
  const { users, hashConfig } = await readAccountPage(page);
  const kept = users.filter(({ localId }) => !isDeleted(db, localId, deletions));
  const auth = ownAccounts();
  const { uids, byEmail } = await auth.findTaken(kept);
  const lacking = kept.filter(({ localId }) => !uids.has(localId) && !byEmail.has(localId));
  const there = kept.filter(({ localId }) => uids.has(localId));
  await auth.bringBack(lacking, hashConfig ?? undefined, false);
  if (mode === 'replace') await auth.bringBack(there.map(withoutSessions), hashConfig ?? undefined, true);
  const now = await auth.findTaken(kept);
  const brought = lacking.length + (mode === 'replace' ? there.length : 0);
  return {
    counts: { brought, there: mode === 'replace' ? 0 : there.length, byEmail: byEmail.size, deleted: users.length - kept.length },
    lacking: kept.filter(({ localId }) => !now.uids.has(localId) && !byEmail.has(localId)).length,
  };
}

/** Sessions of one who is there may have been ended since: they end anew, instead of going on as they did then. */
function withoutSessions({ validSince: _, ...account }: Account): Account {
  return account;
}
