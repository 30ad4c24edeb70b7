import type { Firestore, Transaction } from '@google-cloud/firestore';
import { countProviderCredits, eraseEntries, quotaRef } from '#shared/limits';
import { MODELS } from '#shared/music';
import { fromDocument, problem, transact } from '#shared/runtime';
import { forgetSong, type Song } from '#shared/songs';
import { BOUNDS, discardAt } from './bounds.ts';
import type { Generation } from './schema.ts';
import { intervene, readWork, removeSong, write } from './store.ts';
import { cancel, dropSong, fail } from './transitions.ts';
import { hasEnded, viewOf, WORK, Work } from './work.ts';

/**
 * Stops a request. Cancelling twice is a success.
 *
 * @throws `generation_ended` when it is ready or has failed
 */
export async function cancelGeneration(generationId: string, now: Date): Promise<Generation> {
  let songIds: string[] = [];
  const work = await intervene(generationId, now, (current) => {
    if (current.state === 'cancelled') return undefined;
    if (hasEnded(current)) throw problem('generation_ended');
    songIds = current.songs.map(({ songId }) => songId);
    return cancel(current, now, BOUNDS);
  });
  if (!work) throw problem('not_found');
  for (const songId of songIds) forgetSong(songId);
  return viewOf(work);
}

/** Removes a song, in whatever state; its bytes go later, by the worker. In the making, what still comes of it is discarded. */
export async function deleteSong(
  { songId, ownerId, generationId }: Pick<Song, 'songId' | 'ownerId' | 'generationId'>,
  now: Date,
): Promise<void> {
  const isDropped = generationId !== null && (await dropFromWork(generationId, songId, now));
  if (!isDropped) {
    // An import made it, or it has gone meanwhile: then this changes nothing.
    await transact((transaction, db) => Promise.resolve(removeSong(transaction, db, { songId, ownerId }, discardAt(now, BOUNDS))));
  }
  forgetSong(songId);
}

async function dropFromWork(generationId: string, songId: string, now: Date): Promise<boolean> {
  let isDropped = false;
  await intervene(generationId, now, (work) => {
    isDropped = work.songs.some((song) => song.songId === songId);
    return isDropped ? dropSong(work, songId, now, BOUNDS) : undefined;
  });
  return isDropped;
}

/** Whose things are to go, and how many at most in this transaction. */
interface Erasing {
  uid: string;
  limit: number;
  now: Date;
}

/**
 * Takes requests of a person out with all that came of them: their songs, and their entries in the books, in one transaction. Whoever
 * works on one loses his lease, and the bytes that he still stores go with the songs. @returns how many: 0 when none is left
 */
export async function eraseRequests(transaction: Transaction, db: Firestore, { uid, limit, now }: Erasing): Promise<number> {
  const { docs } = await transaction.get(db.collection(WORK).where('ownerId', '==', uid).limit(limit));
  if (docs.length === 0) return 0;
  const entryRefs = docs.flatMap(({ id }) => [db.doc(`ledger/${id}_reserve`), db.doc(`ledger/${id}_end`)]);
  const [quota, ...entries] = await transaction.getAll(quotaRef(db, uid), ...entryRefs);
  for (const { ref, id, data } of docs.map((doc) => ({ ref: doc.ref, id: doc.id, data: doc.data() }))) {
    const work = Work.safeParse(fromDocument(data)).data; // of one that cannot be read, the songs are found by themselves
    // The answer to an order that has just left will be refused: nobody else would count what it cost.
    const isOnItsWay = work?.state === 'submitting';
    if (isOnItsWay) await countProviderCredits(transaction, db, { credits: MODELS[work.request.model].credits, isLost: true, now });
    for (const { songId } of work?.songs ?? []) removeSong(transaction, db, { songId, ownerId: uid }, discardAt(now, BOUNDS));
    transaction.delete(ref);
    transaction.delete(db.doc(`generations/${id}`));
  }
  eraseEntries(transaction, quota!, entries);
  return docs.length;
}

/** The songs that no request knows of. @returns how many: 0 when none is left */
export async function eraseSongs(transaction: Transaction, db: Firestore, { uid, limit, now }: Erasing): Promise<number> {
  const { docs } = await transaction.get(db.collection('songs').where('ownerId', '==', uid).limit(limit));
  for (const { id } of docs) removeSong(transaction, db, { songId: id, ownerId: uid }, discardAt(now, BOUNDS));
  return docs.length;
}

const GIVEN_UP_PAGE = 100;

/**
 * For a database that was brought back to an earlier time: what had not been ordered then may have been since, and what may have arrived is
 * never sent again (G2). Such requests fail, their credit goes back. Safe to repeat. @returns how many
 */
export async function giveUpUnordered(db: Firestore, now: Date): Promise<number> {
  const unordered = db.collection(WORK).where('state', 'in', ['queued', 'submitting']).orderBy('__name__').limit(GIVEN_UP_PAGE);
  let page = (await unordered.get()).docs;
  let count = 0;
  while (page.length > 0) {
    for (const { id } of page) count += Number(await giveUp(db, id, now));
    page = (await unordered.startAfter(page.at(-1)!.id).get()).docs;
  }
  return count;
}

function giveUp(db: Firestore, generationId: string, now: Date): Promise<boolean> {
  return db.runTransaction(async (transaction) => {
    const work = await readWork(transaction, db, generationId);
    if (work?.state !== 'queued' && work?.state !== 'submitting') return false;
    const failed = fail({ ...work, fence: work.fence + 1 }, 'provider_outcome_unknown', now);
    await write(transaction, db, { ...failed, charge: 'unknown' }, now, work);
    return true;
  });
}
