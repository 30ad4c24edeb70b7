import { z } from 'zod';
import { UserDocument } from '#shared/access';
import { quotaRef } from '#shared/limits';
import { database, encodeCursor, fromDocument, listNewest, notOfThisList, type PageAsked, readCursor } from '#shared/runtime';
import { accountOf, readAuthRecords, toUser, type User, UserId } from './users.ts';

interface UserPage {
  items: User[];
  nextCursor: string | null;
}

/**
 * People, the newest first; or those whose e-mail begins with `query`, by e-mail.
 *
 * Reads three documents of each, and one more person to know whether there is a next page.
 */
export async function listUsers(query: string | undefined, page: PageAsked): Promise<UserPage> {
  const found = query === undefined ? await listNewestUsers(page) : await listByEmail(query.toLowerCase(), page);
  return { items: await withTheRest(found.items), nextCursor: found.nextCursor };
}

function listNewestUsers(page: PageAsked) {
  return listNewest({ collection: 'users', where: {}, id: UserId, read: (document) => UserDocument.parse(document) }, page);
}

/** The last character there is, nearly: all that begin with a text come before the text with this behind it. */
const LAST = '\uf8ff';

/** The cursor names the last person, not his e-mail: nobody can tell where a client keeps it. */
async function listByEmail(beginning: string, { limit, cursor }: PageAsked) {
  const db = await database();
  const scope = `users:email:${beginning}`;
  const matching = db.collection('users').where('email', '>=', beginning).where('email', '<', `${beginning}${LAST}`);
  let query = matching
    .orderBy('email')
    .orderBy('__name__')
    .limit(limit + 1);
  if (cursor !== undefined) {
    const last = await db.doc(`users/${readCursor(scope, cursor, z.tuple([UserId]))[0]}`).get();
    if (!last.exists) throw notOfThisList();
    query = query.startAfter(last);
  }
  const { docs } = await query.get();
  const page = docs.slice(0, limit);
  const last = page.at(-1);
  const items = page.map((document) => UserDocument.safeParse(fromDocument(document.data())).data);
  return {
    items: items.filter((item) => item !== undefined),
    nextCursor: docs.length > limit && last ? encodeCursor(scope, [last.id]) : null,
  };
}

async function withTheRest(shown: UserDocument[]): Promise<User[]> {
  if (shown.length === 0) return [];
  const db = await database();
  const refs = shown.flatMap(({ uid }) => [db.doc(`userPrivate/${uid}`), quotaRef(db, uid)]);
  const [snapshots, records] = await Promise.all([db.getAll(...refs), readAuthRecords(shown.map(({ uid }) => uid))]);
  const accounts = shown.map((user, at) => accountOf(user, snapshots.slice(at * 2, at * 2 + 2)));
  return accounts.filter((account) => account !== undefined).map((account) => toUser(account, records));
}
