/** A person of whom everything is stored that can be, and a look for what is left of him anywhere. */
import type { Firestore } from '@google-cloud/firestore';
import { authAdmin, ensureAccount } from '#shared/access';
import { closeAccount, ERASURE_BOUNDS } from '#shared/erasure';
import { REPLICATION_BOUNDS, replicateFiles } from '#shared/files';
import { advanceGenerations, BOUNDS, createWorker } from '#shared/generation';
import { ownerHashOf } from '#shared/limits';
import { mediaStores } from '#shared/media';
import { type Clock, database, newId, systemWorld } from '#shared/runtime';
import { rollUpCounters } from '#shared/songs';
import type { TestClock } from '../../support/clock.ts';
import { given } from '../../support/given.ts';

/** Beside the account itself: songs in two states, one without its cover by now, a request, pictures, one on its way, and what is only counted. */
export async function fillAccount(uid: string): Promise<void> {
  await given.credits({ owner: uid });
  await Promise.all([
    given.song({ owner: uid, visibility: 'public' }),
    given.song({ owner: uid, state: 'failed' }),
    given.image({ owner: uid }),
    given.generation({ owner: uid }),
  ]);
  await fillByHand(await database(), uid);
}

/** What other parts of the service write, in their form. That of songs he likes, others see. */
async function fillByHand(db: Firestore, uid: string): Promise<void> {
  const at = new Date();
  const [imageId, songId] = [newId('img'), newId('sng')];
  const batch = db.batch();
  batch.create(db.doc(`uploads/${imageId}`), { imageId, ownerId: uid, name: `uploads/${imageId}`, expireAt: at });
  batch.create(db.doc(`playlists/${newId('pls')}`), { ownerId: uid, title: 'Rain', songIds: [songId], createdAt: at });
  batch.create(db.doc(`likes/${uid}_${songId}`), { uid, songId, createdAt: at });
  batch.create(db.doc(`deletedPlaylists/${newId('pls')}`), { ownerId: uid, expireAt: at });
  batch.create(db.doc(`deletedFiles/${newId('fil')}`), { ownerId: uid, expireAt: at });
  batch.create(db.doc(`idempotency/${newId('clm')}`), { ownerHash: ownerHashOf(uid), ids: { songId }, expireAt: at });
  batch.set(db.doc(`rateLimits/${uid}`), { granted: 1, windowStartMs: 0 });
  batch.create(db.doc(`imports/${uid}`), { source: 'test' });
  batch.create(db.doc(`audit/${newId('aud')}`), {
    actorId: 'operator:cli',
    target: uid,
    before: {},
    after: { people: [uid] },
    createdAt: at,
  });
  batch.create(db.doc(`incidents/${newId('inc')}`), { alert: 'storage', state: 'acknowledged', acknowledgedBy: uid, openedAt: at });
  batch.create(db.doc(`audit/${newId('aud')}`), { actorId: uid, target: songId, before: { by: uid }, after: {}, createdAt: at });
  await batch.commit();
}

/** Every id of a thing of his: by these, objects in the stores are known to be his. */
export async function thingsOf(uid: string): Promise<string[]> {
  const db = await database();
  const found = await Promise.all(
    ['songs', 'songMedia', 'images', 'imageMedia', 'uploads'].map((name) => db.collection(name).where('ownerId', '==', uid).get()),
  );
  return [...new Set(found.flatMap(({ docs }) => docs.map(({ id }) => id)))];
}

/** Paths of documents, names of objects and the record in Auth that still tell of him. The proof's own look is not asked. */
export async function leftOf(uid: string, things: string[]): Promise<string[]> {
  const db = await database();
  const isHis = (text: string) => [uid, ...things].some((id) => text.includes(id));
  const left: string[] = [];
  for (const collection of await db.listCollections()) {
    for (const document of (await collection.get()).docs) {
      // What is brought back would be a thing of his; that a list of somebody else names it tells nothing of him.
      const text = `${document.ref.path} ${JSON.stringify(document.data())}`;
      if (text.includes(uid) || text.includes(ownerHashOf(uid)) || things.includes(document.id)) left.push(document.ref.path);
    }
  }
  for (const store of mediaStores()) for await (const { name } of store.list('')) if (isHis(name)) left.push(`${store.id} ${name}`);
  const { users } = await authAdmin((auth) => auth.getUsers([{ uid }]));
  return [...left, ...users.map((user) => `auth/${user.uid}`)].sort();
}

/** One run of the job that carries files on and removes those that were deleted. */
export function replicate(clock: Clock) {
  return replicateFiles({ world: { ...systemWorld, clock }, signal: new AbortController().signal, bounds: REPLICATION_BOUNDS });
}

/** The states of all erasures there are. */
export async function erasures(): Promise<{ state: string; erasureId: string }[]> {
  const db = await database();
  const { docs } = await db.collection('erasures').get();
  return docs.map((document) => document.data() as { state: string; erasureId: string });
}

/** Somebody whom Auth and the database know, with everything. */
export async function newAccount(): Promise<string> {
  const record = await authAdmin((auth) => auth.createUser({ email: `${newId('tkt')}@sori.example`, displayName: 'Mina' }));
  await ensureAccount(record, {}, new Date());
  await fillAccount(record.uid);
  return record.uid;
}

export function closeNow(uid: string, clock: Clock): Promise<void> {
  return closeAccount(uid, { ...systemWorld, clock });
}

/** Nobody waits for what may be under way: nothing is. */
export const AT_ONCE = { ...ERASURE_BOUNDS, underWayMs: 0 };

/** One run of all that a deletion needs, the erasure by `erase`, and three minutes. */
export async function round(clock: TestClock, erase: () => Promise<unknown>): Promise<void> {
  await erase();
  const world = { ...systemWorld, clock };
  const signal = new AbortController().signal;
  await advanceGenerations(createWorker({ world, signal }, { ...BOUNDS, waitForDueMs: 0 }));
  await replicate(clock);
  await rollUpCounters({ world, signal });
  clock.advance(3 * 60_000);
}
