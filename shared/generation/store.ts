/** Reads and writes of `generationWork`, and of all that is derived from it, in one transaction each. */
import type { DocumentData, Firestore, QueryDocumentSnapshot, Timestamp, Transaction } from '@google-cloud/firestore';
import { forgetFile, writeFile } from '#shared/files';
import { countProviderCredits, endReservation, quotaRef } from '#shared/limits';
import { MODELS } from '#shared/music';
import { database, fromDocument, toDocument, transact } from '#shared/runtime';
import { removeTraces, type Song, type SongMedia, toSong, writeSongSearch } from '#shared/songs';
import { Generation, titleFrom } from './schema.ts';
import type { Change, SongEffect } from './transitions.ts';
import { type Discard, type Probe, type Task, viewOf, WORK, Work } from './work.ts';

export interface Due {
  id: string;
  dueAtMs: number;
  /** Of a request; what else is due has none. */
  state: unknown;
  snapshot: QueryDocumentSnapshot;
}

/** What is due first, up to a time. One query, one read when there is nothing. */
export async function listDue(limit: number, until: Date): Promise<Due[]> {
  const db = await database();
  const found = await db.collection(WORK).where('dueAt', '<=', until).orderBy('dueAt').limit(limit).get();
  return found.docs.map((snapshot) => ({
    id: snapshot.id,
    dueAtMs: (snapshot.get('dueAt') as Timestamp).toMillis(),
    state: snapshot.get('state'),
    snapshot,
  }));
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
  transaction.create(viewRef(db, work), toDocument(viewOf(work)));
}

/** What the owner sees of it. */
export function viewRef(db: Firestore, { generationId }: Work) {
  return db.doc(`generations/${generationId}`);
}

/** Keeps the fence of one that is being made: it goes on counting. */
export function scheduleProbe(transaction: Transaction, db: Firestore, what: Probe['what'], dueAt: Date): void {
  transaction.set(probeRef(db, what), { kind: 'probe', what, dueAt }, { merge: true });
}

export function probeRef(db: Firestore, what: Probe['what']) {
  return db.doc(`${WORK}/probe_${what}`);
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

/** Of these songs, those whose bytes are the worker's affair: still being made or covered, or about to be discarded. */
export async function songsAtWork(songIds: string[]): Promise<Set<string>> {
  if (songIds.length === 0) return new Set();
  const db = await database();
  const discards = await db.getAll(...songIds.map((songId) => db.doc(`${WORK}/discard_${songId}`)));
  const songs = await db.getAll(...songIds.map((songId) => db.doc(`songs/${songId}`)));
  const requestOf = (at: number) => db.collection(WORK).doc(songs[at]?.get('generationId') ?? 'none');
  const requests = await db.getAll(...songIds.map((_, at) => requestOf(at)));
  return new Set(songIds.filter((songId, at) => discards[at]?.exists || isAtWork(songId, requests[at]?.data())));
}

/** Also of an ended request, a song may still get its cover. What cannot be read is taken for unfinished. */
function isAtWork(songId: string, request: DocumentData | undefined): boolean {
  if (!request) return false;
  const songs = Work.safeParse(fromDocument(request)).data?.songs ?? [{ songId, state: 'making', coverDueAt: null }];
  return songs.some((each) => each.songId === songId && (each.coverDueAt !== null || each.state === 'making' || each.state === 'finished'));
}

/** @param before - what stood there, when it may equal what clients see already: then their document is left alone */
export async function write(transaction: Transaction, db: Firestore, change: Change, now: Date, before?: Work): Promise<void> {
  const { work, songs, credit, charge } = change;
  const { generationId, ownerId } = work;
  // Reads come before writes.
  const [quota, named] = await Promise.all([credit && transaction.get(quotaRef(db, ownerId)), readPublished(transaction, db, songs)]);
  if (credit && quota) endReservation(transaction, db, { snapshot: quota, generationId, kind: credit, now });
  const { credits } = MODELS[work.request.model];
  if (charge) await countProviderCredits(transaction, db, { credits, isLost: charge === 'unknown', now });
  transaction.set(db.collection(WORK).doc(generationId), storable(work));
  const isSeen = before !== undefined && JSON.stringify(viewOf(before)) === JSON.stringify(viewOf(work));
  if (!isSeen) transaction.set(viewRef(db, work), toDocument(viewOf(work)));
  for (const effect of songs) writeSong(transaction, db, work, effect, now, named.get(effect.songId));
}

/** The songs that are to be published, as they stand: nobody else may find them by a name that they have no longer. */
async function readPublished(transaction: Transaction, db: Firestore, effects: SongEffect[]): Promise<Map<string, Song>> {
  const refs = effects.flatMap(({ kind, songId }) => (kind === 'publish' ? [db.doc(`songs/${songId}`)] : []));
  const songs = refs.length > 0 ? await transaction.getAll(...refs) : [];
  return new Map(songs.map(toSong).flatMap((song) => (song ? [[song.songId, song]] : [])));
}

/** A `dueAt` of null is left out: the index then does not hold the document, and idle work costs no query anything. */
export function storable({ dueAt, ...record }: Task): DocumentData {
  return toDocument(dueAt === null ? record : { ...record, dueAt });
}

/** Does to the documents of a song what the change of its request means for it. */
function writeSong(transaction: Transaction, db: Firestore, work: Work, effect: SongEffect, now: Date, named: Song | undefined): void {
  const song = db.doc(`songs/${effect.songId}`);
  const media = db.doc(`songMedia/${effect.songId}`);
  const updatedAt = now;
  const own = { ownerId: work.ownerId, belongsTo: effect.songId };
  switch (effect.kind) {
    case 'create': {
      const fresh = freshSong(work, effect.songId, now);
      transaction.create(song, toDocument(fresh));
      transaction.create(media, { ownerId: work.ownerId, audio: null, cover: null } satisfies SongMedia);
      writeSongSearch(transaction, db, fresh);
      break;
    }
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
      if (named) writeSongSearch(transaction, db, { ...named, state: 'ready', title: given.title ?? named.title });
      writeFile(transaction, db, { ...own, kind: 'audio', objects: [audio], now });
      break;
    }
    case 'cover':
      transaction.update(song, { hasCover: true, updatedAt });
      transaction.update(media, { cover: effect.cover });
      writeFile(transaction, db, { ...own, kind: 'cover', objects: [effect.cover], now });
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
  removeTraces(transaction, db, songId);
  for (const kind of ['audio', 'cover'] as const) forgetFile(transaction, db, kind, songId);
  createDiscard(transaction, db, songId, discardAt);
}

function createDiscard(transaction: Transaction, db: Firestore, songId: string, dueAt: string): void {
  const discard = { kind: 'discard', songId, fence: 0, claimId: null, dueAt } satisfies Discard;
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
