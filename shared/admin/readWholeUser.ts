import { z } from 'zod';
import { Profile, readProfile } from '#shared/accounts';
import { database, Problem, problem } from '#shared/runtime';
import { type Account, readAuthRecords, toUser, User } from './users.ts';

/** How many there are of each, by the name of the collection. */
const Counts = z.strictObject({ songs: z.int(), generations: z.int(), images: z.int(), playlists: z.int() });

export const WholeUser = z.strictObject({ user: User, allowance: Profile.shape.allowance, counts: Counts });
export type WholeUser = z.output<typeof WholeUser>;

/**
 * A person with what he may make and keep, and what he has here. The database counts: a read for each 1,000 of a kind.
 *
 * @throws `not_found` when the account has gone meanwhile
 */
export async function readWholeUser(account: Account, now: Date): Promise<WholeUser> {
  const { uid } = account.user;
  const db = await database();
  const counting = Object.keys(Counts.shape).map(async (kind) => {
    const asked = db.collection(kind).where('ownerId', '==', uid).count();
    return [kind, (await asked.get()).data().count] as const;
  });
  const [records, { allowance }, counted] = await Promise.all([
    readAuthRecords([uid]),
    readProfile(uid, now).catch(gone),
    Promise.all(counting),
  ]);
  return { user: toUser(account, records), allowance, counts: Counts.parse(Object.fromEntries(counted)) };
}

/** To its owner an account that has gone says that the session ended. The operator's has not. */
function gone(error: unknown): never {
  throw error instanceof Problem && error.code === 'session_ended' ? problem('not_found') : error;
}
