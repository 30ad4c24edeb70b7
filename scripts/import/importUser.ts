import { ensureAccount, type KnownUser, readUser } from '#shared/access';
import { createAuthAccount, findAuthAccounts } from './authAccount.ts';
import { importedId } from './importedId.ts';
import type { ImportRun, Owner } from './importRun.ts';
import { createMarked } from './marks.ts';
import { EntryFault, type Outcome } from './report.ts';
import type { UserFields } from './schema.ts';

/**
 * Brings an account into Auth and Firestore, or takes over the one that has its e-mail.
 *
 * @throws {EntryFault}
 */
export async function importUser(user: UserFields, run: ImportRun): Promise<Outcome> {
  run.owners.set(user.id, { state: 'faulty' }); // until the end is reached
  if (user.passwordHash && !run.passwordHashing) {
    throw new EntryFault('passwordHash', 'nothing tells how it was made', 'Add passwordHashing to the description.');
  }
  const { outcome, owner } = await (run.isDryRun ? foresee(user, run) : bringIn(user, run));
  run.owners.set(user.id, owner);
  return outcome;
}

interface Result {
  outcome: Outcome;
  owner: Owner;
}

const GONE: Result = { outcome: 'gone', owner: { state: 'gone' } };

async function foresee(user: UserFields, { source, imported }: ImportRun): Promise<Result> {
  const uid = importedId('usr', source, user.id);
  const { own, other } = await findAuthAccounts(uid, user.email);
  const record = own ?? other;
  if (!record && imported.has(uid)) return GONE;
  return { outcome: record ? 'there' : 'new', owner: { state: 'here', uid: record?.uid ?? uid, displayName: user.displayName } };
}

/**
 * The documents come first: their transaction is what looks at tombstones, and a deleted account must not be in Auth again, not even
 * for a moment. A run that dies in between leaves documents that nobody can sign in to; the next one goes on from there.
 */
async function bringIn(user: UserFields, { source, imported, passwordHashing, now }: ImportRun): Promise<Result> {
  const ownUid = importedId('usr', source, user.id);
  const { own, other } = await findAuthAccounts(ownUid, user.email);
  const record = own ?? other;
  if (!record && imported.has(ownUid)) return GONE;

  const { displayName, locale, role, createdAt } = user;
  // Whoever registered this e-mail here may be somebody else than the former system's operator: such an account is given no role.
  const chosen = own || !other ? { displayName, locale, role } : { displayName, locale };
  const time = createdAt === undefined ? now : new Date(createdAt);
  const account = await ensureAccount(record ?? futureRecord(ownUid, user), chosen, time);
  if (!account) return GONE;
  if (!record) await createAuthAccount(ownUid, user, passwordHashing);
  if (!imported.has(ownUid)) await createMarked(ownUid, source);

  const uid = record?.uid ?? ownUid;
  const shown = await readUser(uid);
  return { outcome: record ? 'there' : 'new', owner: { state: 'here', uid, displayName: shown?.displayName ?? displayName } };
}

/** As Auth will tell of it; `ensureAccount` looks at nothing else. */
function futureRecord(uid: string, { email, displayName, disabled }: UserFields): KnownUser {
  return { uid, email, displayName, disabled };
}
