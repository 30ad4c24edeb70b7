import { authAdmin } from '#shared/access';
import { database, fromDocument } from '#shared/runtime';

/** Counters, remembered keys and probes of the pipeline itself: also a refused call may count. */
const COUNTED = ['rateLimits', 'idempotency', 'dependencies'];

/** All that the service keeps in Firestore and Auth, by path: equal dumps mean that nothing was changed in between. */
export async function dumpProject(): Promise<Record<string, unknown>> {
  const db = await database();
  const collections = (await db.listCollections()).filter(({ id }) => !COUNTED.includes(id));
  const snapshots = await Promise.all(collections.map((collection) => collection.get()));
  const documents = snapshots.flatMap(({ docs }) => docs.map((document) => [document.ref.path, fromDocument(document.data())]));
  const { users } = await authAdmin((auth) => auth.listUsers(1000));
  const accounts = users.map(({ uid, email, disabled, displayName }) => [`auth/${uid}`, { email, disabled, displayName }]);
  return Object.fromEntries([...documents, ...accounts]);
}
