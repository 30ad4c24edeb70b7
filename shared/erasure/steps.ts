/**
 * What an account consists of, and how each part goes: the table that has to grow when a new collection names a person.
 *
 * A step takes a page away and says how many documents that were; at 0 nothing is left that can go now. The order matters where one
 * thing could make another: first what makes, then what is made.
 */
import type { Firestore, QueryDocumentSnapshot, Transaction } from '@google-cloud/firestore';
import { discardRecord, FILES, fileIdOf } from '#shared/files';
import { eraseRequests, eraseSongs } from '#shared/generation';
import { deleteImage } from '#shared/images';
import { eraseBook, ownerHashOf } from '#shared/limits';
import { database } from '#shared/runtime';
import { eraseLikes } from '#shared/songs';
import { deleteInAuth } from './closeAccount.ts';
import { eraseBytes } from './eraseBytes.ts';
import { renamedIn } from './nameInText.ts';
import type { Turn } from './takeTurn.ts';

export interface Erasing {
  turn: Turn;
  now: Date;
}

export interface Step {
  /** The collection that it empties of the person, or Auth. */
  name: string;
  /** Only when everything that was under way at the deletion has ended: until then somebody may still put bytes there. */
  isLate?: boolean;
  /** Not while this step cannot do its work: the books have to fit what it has left. */
  after?: string;
  erasePage(erasing: Erasing): Promise<number>;
}

/** Each transaction stays small: a request takes a dozen writes with it. */
const PAGE = { requests: 10, things: 20, documents: 100 };

export const STEPS: Step[] = [
  { name: 'Auth', erasePage: ({ turn }) => deleteInAuth(turn.erasure.uid).then(() => 0) },
  inTurn('generationWork', (transaction, db, own) => eraseRequests(transaction, db, { ...own, limit: PAGE.requests })),
  inTurn('songs', (transaction, db, own) => eraseSongs(transaction, db, { ...own, limit: PAGE.things })),
  ownedBy('generations', 'ownerId'),
  { name: 'images', erasePage: eraseImages },
  { name: FILES, erasePage: discardFiles },
  ownedBy('playlists', 'ownerId'),
  ownedBy('deletedPlaylists', 'ownerId'),
  ownedBy('deletedFiles', 'ownerId'),
  inTurn('likes', (transaction, db, { uid }) => eraseLikes(transaction, db, { uid, limit: PAGE.documents })),
  ownedBy('songSearch', 'ownerId'),
  { ...inTurn('ledger', (transaction, db, { uid }) => eraseBook(transaction, db, uid, PAGE.documents)), after: 'generationWork' },
  ownedBy('idempotency', 'ownerHash', ownerHashOf),
  named('rateLimits'),
  named('imports'),
  renamed('audit', 'actorId'),
  renamed('audit', 'target'),
  renamed('incidents', 'acknowledgedBy'),
  { name: 'uploads', isLate: true, erasePage: eraseUploads },
  { name: 'songMedia', isLate: true, erasePage: eraseSongMedia },
  { name: 'imageMedia', isLate: true, erasePage: eraseImageMedia },
  { ...named('userPrivate'), isLate: true },
];

/** They stay until the last byte has gone. */
export const KNOW_OF_BYTES = [FILES, 'uploads', 'songMedia', 'imageMedia'];

type Own = { uid: string; now: Date };

function inTurn(name: string, work: (transaction: Transaction, db: Firestore, own: Own) => Promise<number>): Step {
  return {
    name,
    erasePage: ({ turn, now }) => turn.run((transaction, db) => work(transaction, db, { uid: turn.erasure.uid, now })),
  };
}

/** Documents in which a field names the person. */
function ownedBy(collection: string, field: string, nameOf = (uid: string) => uid): Step {
  return inTurn(collection, async (transaction, db, { uid }) => {
    const { docs } = await transaction.get(db.collection(collection).where(field, '==', nameOf(uid)).limit(PAGE.documents));
    for (const { ref } of docs) transaction.delete(ref);
    return docs.length;
  });
}

/** The document that the person's id is the name of. */
function named(collection: string): Step {
  return inTurn(collection, async (transaction, db, { uid }) => {
    const found = await transaction.get(db.collection(collection).doc(uid));
    if (found.exists) transaction.delete(found.ref);
    return Number(found.exists);
  });
}

/** What operators did stays, and tells no longer who or to whom. */
function renamed(collection: 'audit' | 'incidents', field: string): Step {
  return {
    name: collection,
    erasePage: ({ turn }) =>
      turn.run(async (transaction, db) => {
        const { uid, erasureId } = turn.erasure;
        const { docs } = await transaction.get(db.collection(collection).where(field, '==', uid).limit(PAGE.documents));
        for (const entry of docs) transaction.set(entry.ref, replaced(entry.data(), uid, erasureId) as object);
        return docs.length;
      }),
  };
}

/** Wherever it stands, in what an operator wrote as well. */
function replaced(value: unknown, from: string, to: string): unknown {
  if (typeof value === 'string') return renamedIn(value, from, to);
  if (Array.isArray(value)) return value.map((item) => replaced(item, from, to));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, replaced(field, from, to)]));
}

async function find(collection: string, { turn }: Erasing, limit = PAGE.things): Promise<QueryDocumentSnapshot[]> {
  const db = await database();
  return (await db.collection(collection).where('ownerId', '==', turn.erasure.uid).limit(limit).get()).docs;
}

/** Their bytes go by the journal, as when their owner deletes them. */
async function eraseImages({ turn, now }: Erasing): Promise<number> {
  const found = await find('images', { turn, now });
  for (const { id } of found) await deleteImage(id, now);
  await remove(found, turn);
  return found.length;
}

/** What is left here has lost its song or picture. What is deleted already goes by itself, and is waited for. */
async function discardFiles({ turn, now }: Erasing): Promise<number> {
  const db = await database();
  const kept = db.collection(FILES).where('ownerId', '==', turn.erasure.uid).where('state', '==', 'kept');
  const { docs } = await kept.limit(PAGE.things).get();
  for (const { id } of docs) await discardRecord(id, now);
  return docs.length;
}

async function eraseUploads(erasing: Erasing): Promise<number> {
  const found = await find('uploads', erasing);
  await eraseBytes(found.flatMap(({ id }) => placesOfImage(id)));
  return remove(found, erasing.turn);
}

/** The worker discards the bytes of a song. Only then is it forgotten whose it was. */
function eraseSongMedia(erasing: Erasing): Promise<number> {
  return eraseMedia(erasing, 'songMedia', (id) => ({
    isStillToGo: `generationWork/discard_${id}`,
    places: [`staging/${id}/`, `songs/${id}/`, `covers/${id}/`],
  }));
}

function eraseImageMedia(erasing: Erasing): Promise<number> {
  return eraseMedia(erasing, 'imageMedia', (id) => ({ isStillToGo: `${FILES}/${fileIdOf('image', id)}`, places: placesOfImage(id) }));
}

async function eraseMedia(
  erasing: Erasing,
  collection: string,
  bytesOf: (id: string) => { isStillToGo: string; places: string[] },
): Promise<number> {
  const found = await find(collection, erasing);
  if (found.length === 0) return 0;
  const db = await database();
  const toGo = await db.getAll(...found.map(({ id }) => db.doc(bytesOf(id).isStillToGo)));
  const gone = found.filter((_, at) => !toGo[at]!.exists);
  await eraseBytes(gone.flatMap(({ id }) => bytesOf(id).places));
  return remove(gone, erasing.turn);
}

function placesOfImage(imageId: string): string[] {
  return [`staging/${imageId}/`, `images/${imageId}/`, `uploads/${imageId}`];
}

/** @returns how many that were */
async function remove(documents: QueryDocumentSnapshot[], turn: Turn): Promise<number> {
  if (documents.length === 0) return 0;
  await turn.run((transaction) => {
    for (const { ref } of documents) transaction.delete(ref);
    return Promise.resolve();
  });
  return documents.length;
}
