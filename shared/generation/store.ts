/** Reads and writes of `generationWork`, and of all that is derived from it, in one transaction each. */
import type { DocumentData, DocumentSnapshot, Firestore, Timestamp, Transaction } from '@google-cloud/firestore';
import { dayOf, endReservation, quotaRef } from '#shared/limits';
import { MODELS } from '#shared/music';
import { database, fromDocument, increment, toDocument, transact } from '#shared/runtime';
import type { Song, SongMedia } from '#shared/songs';
import { Generation, titleFrom } from './schema.ts';
import type { Change, SongEffect } from './transitions.ts';
import { type Discard, type Probe, type Task, viewOf, WORK, Work } from './work.ts';

export interface Due {
  id: string;
  dueAtMs: number;
  /** Of a request; what else is due has none. */
  state: unknown;
}

/** What is due first, a batch of it. One query, one read when there is nothing. */
export async function listDue(limit: number): Promise<Due[]> {
  const db = await database();
  const found = await db.collection(WORK).orderBy('dueAt').limit(limit).select('dueAt', 'state').get();
  return found.docs.map((document) => ({ id: document.id, dueAtMs: dueAtMs(document), state: document.get('state') }));
}

/** What is no time is due at once: the claim then puts it out of the way. */
export function dueAtMs(document: DocumentSnapshot): number {
  const dueAt: unknown = document.get('dueAt');
  return typeof dueAt === 'object' && dueAt !== null && 'toMillis' in dueAt ? (dueAt as Timestamp).toMillis() : 0;
}

/** Changes a request on its owner's behalf, whoever works on it. @returns undefined when there is none */
export function intervene(generationId: string, now: Date, decide: (work: Work) => Change | undefined): Promise<Work | undefined> {
  return transact(async (transaction, db) => {
    const work = await readWork(transaction, db, generationId);
    const change = work && decide(work);
    if (change) await write(transaction, db, change, now, work);
    return change?.work ?? work;
  });
}

/** The first documents of a request. */
export function createWork(transaction: Transaction, db: Firestore, work: Work): void {
  transaction.create(db.collection(WORK).doc(work.generationId), storable(work));
  transaction.create(db.doc(`generations/${work.generationId}`), toDocument(viewOf(work)));
}

/** Keeps the fence of a probe that is being made: whoever makes it must not mistake this one for his. */
export async function scheduleProbe(what: Probe['what'], dueAt: Date): Promise<void> {
  const db = await database();
  await db.doc(`${WORK}/probe_${what}`).set({ kind: 'probe', what, dueAt }, { merge: true });
}

export async function readGeneration(generationId: string): Promise<Generation | undefined> {
  const db = await database();
  const data = (await db.doc(`generations/${generationId}`).get()).data();
  return data && Generation.parse(fromDocument(data));
}

export async function readWork(transaction: Transaction, db: Firestore, id: string): Promise<Work | undefined> {
  const data = (await transaction.get(db.collection(WORK).doc(id))).data();
  return data && Work.parse(fromDocument(data));
}

/** @param before - what stood there, when it may equal what clients see already: then their document is left alone */
export async function write(transaction: Transaction, db: Firestore, change: Change, now: Date, before?: Work): Promise<void> {
  const { work, songs, credit, charge } = change;
  const { generationId, ownerId } = work;
  const quota = credit && (await transaction.get(quotaRef(db, ownerId))); // reads come before writes
  if (credit && quota) endReservation(transaction, db, { snapshot: quota, generationId, kind: credit, now });
  if (charge) await countCharge(transaction, db, work, charge, now);
  transaction.set(db.collection(WORK).doc(generationId), storable(work));
  const view = viewOf(work);
  const isSeen = before !== undefined && JSON.stringify(viewOf(before)) === JSON.stringify(view);
  if (!isSeen) transaction.set(db.doc(`generations/${generationId}`), toDocument(view));
  for (const effect of songs) writeSong(transaction, db, work, effect, now);
}

/** Where the provider's credits of a day are counted: those that were taken, and of them those that may have been taken for nothing. */
export function serviceDayRef(db: Firestore, now: Date) {
  return db.doc(`quotas/service_${dayOf(now)}`);
}

/** Adds without reading, so that requests do not wait for each other. */
async function countCharge(transaction: Transaction, db: Firestore, { request }: Work, charge: NonNullable<Change['charge']>, now: Date) {
  const credits = await increment(MODELS[request.model].credits);
  const counted = { providerCredits: credits, ...(charge === 'unknown' ? { unknownCredits: credits } : {}) };
  transaction.set(serviceDayRef(db, now), { day: dayOf(now), ...counted }, { merge: true });
}

/** A `dueAt` of null is left out: the index then does not hold the document, and idle work costs no query anything. */
export function storable({ dueAt, ...record }: Task): DocumentData {
  return toDocument(dueAt === null ? record : { ...record, dueAt });
}

/** Does to the documents of a song what the change of its request means for it. */
function writeSong(transaction: Transaction, db: Firestore, work: Work, effect: SongEffect, now: Date): void {
  const song = db.doc(`songs/${effect.songId}`);
  const media = db.doc(`songMedia/${effect.songId}`);
  const updatedAt = now;
  switch (effect.kind) {
    case 'create':
      transaction.create(song, toDocument(freshSong(work, effect.songId, now)));
      transaction.create(media, { ownerId: work.ownerId, audio: null, cover: null } satisfies SongMedia);
      break;
    case 'publish': {
      const { audio, durationMs, title, lyrics } = effect;
      const shown = { contentType: audio.contentType, bytes: audio.bytes };
      // What the person gave stays; what he left open is the provider's.
      const given = {
        ...((work.request.title ?? !title) ? {} : { title }),
        ...(work.request.lyrics || work.request.instrumental ? {} : { lyrics }),
      };
      transaction.update(song, { state: 'ready', audio: shown, durationMs, ...given, updatedAt });
      transaction.update(media, { audio });
      break;
    }
    case 'cover':
      transaction.update(song, { hasCover: true, updatedAt });
      transaction.update(media, { cover: effect.cover });
      break;
    case 'fail':
      transaction.update(song, { state: 'failed', updatedAt });
      if (effect.discardAt) createDiscard(transaction, db, effect.songId, effect.discardAt);
      break;
    case 'remove':
      removeSong(transaction, db, { songId: effect.songId, ownerId: work.ownerId }, effect.discardAt);
      break;
  }
}

/**
 * The song has gone; its bytes go at `discardAt`, by the worker. One transaction: no song without its bytes, and no bytes forgotten.
 * The media document stays, empty: it knows whose the song was, so that deleting it again is a success for him and for nobody else.
 */
export function removeSong(
  transaction: Transaction,
  db: Firestore,
  { songId, ownerId }: Pick<Song, 'songId' | 'ownerId'>,
  discardAt: string,
): void {
  transaction.delete(db.doc(`songs/${songId}`));
  transaction.set(db.doc(`songMedia/${songId}`), { ownerId, audio: null, cover: null } satisfies SongMedia);
  createDiscard(transaction, db, songId, discardAt);
}

function createDiscard(transaction: Transaction, db: Firestore, songId: string, dueAt: string): void {
  const discard = { kind: 'discard', songId, fence: 0, dueAt } satisfies Discard;
  transaction.set(db.doc(`${WORK}/discard_${songId}`), toDocument(discard));
}

function freshSong({ generationId, ownerId, ownerName, request }: Work, songId: string, now: Date): Song {
  return {
    songId,
    generationId,
    ownerId,
    ownerName,
    title: titleFrom(request),
    style: request.style ?? '',
    lyrics: request.lyrics,
    instrumental: request.instrumental,
    visibility: request.visibility,
    state: 'making',
    durationMs: null,
    audio: null,
    hasCover: false,
    likes: 0,
    plays: 0,
    createdAt: now.toISOString(),
    updatedAt: now.toISOString(),
  };
}
