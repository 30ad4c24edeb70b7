import type { DocumentReference, DocumentSnapshot, Firestore, Transaction } from '@google-cloud/firestore';
import type { z } from 'zod';
import { UserDocument } from '#shared/access';
import { type Claim, quotaRef, reserveCredit } from '#shared/limits';
import { fromDocument, type NewId, problem, readSettings, SETTINGS_DOCUMENT, transact } from '#shared/runtime';
import { type CreateSongInput, Generation, type GenerationRequest } from './schema.ts';
import { createWork, readGeneration, readWork } from './store.ts';
import { hasEnded, viewOf, WORK, Work } from './work.ts';

interface Asking {
  uid: string;
  claim: Claim;
  now: Date;
  newId: NewId;
}

/** What the caller has besides, read in the transaction: his quota, his account, the settings, what his key stood for. */
type Read = (DocumentSnapshot | undefined)[];

/**
 * Takes a request for a song: reserves the credit, stores the request, and remembers the key, all in one transaction. The
 * provider is not asked here.
 *
 * @throws `daily_songs_reached`, `idempotency_key_reused`
 */
export function createGeneration({ input, ...asking }: Asking & { input: z.output<typeof CreateSongInput> }): Promise<Generation> {
  const { title = null, style = null, lyrics = null, ...rest } = input;
  const request: GenerationRequest = { ...rest, title, style, lyrics };
  return storeOnce(asking, (generationId) =>
    transact(async (transaction, db) => {
      const read = await transaction.getAll(...refsFor(db, asking));
      return (
        (await storedBefore(transaction, db, asking, read)) ?? storeRequest(transaction, db, { ...asking, generationId, read, request })
      );
    }),
  );
}

/**
 * Asks once more for what was not made: a new request, linked to the old one. While the last retry is still being made, it is that one.
 *
 * @throws `generation_not_failed`, `not_found`, and as `createGeneration`
 */
export function retryGeneration({ generationId: retryOf, ...asking }: Asking & { generationId: string }): Promise<Generation> {
  return storeOnce(asking, (generationId) =>
    transact(async (transaction, db) => {
      const original = db.collection(WORK).doc(retryOf);
      const [found, ...read] = await transaction.getAll(original, ...refsFor(db, asking));
      const before = await storedBefore(transaction, db, asking, read);
      if (before) return before;
      const data = found?.data();
      if (!data) throw problem('not_found');
      const { state, request, retriedBy } = Work.parse(fromDocument(data));
      if (state !== 'failed' && state !== 'cancelled') throw problem('generation_not_failed');
      const last = retriedBy === null ? undefined : await readWork(transaction, db, retriedBy);
      if (last && !hasEnded(last)) {
        asking.claim.write(transaction, db, { generationId: last.generationId }, asking.now);
        return viewOf(last);
      }
      transaction.update(original, { retriedBy: generationId });
      return storeRequest(transaction, db, { ...asking, generationId, read, request, retryOf });
    }),
  );
}

async function storeOnce({ newId }: Asking, store: (generationId: string) => Promise<Generation>): Promise<Generation> {
  const generationId = newId('gen'); // outside: a transaction may run several times
  try {
    return await store(generationId);
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
    // The answer to a commit was lost, and the client made it again: the first one stands.
    const stored = await readGeneration(generationId);
    if (!stored) throw error;
    return stored;
  }
}

function refsFor(db: Firestore, { uid, claim }: Asking): [DocumentReference, ...DocumentReference[]] {
  const claimRef = claim.ref(db);
  return [quotaRef(db, uid), db.doc(`users/${uid}`), db.doc(SETTINGS_DOCUMENT), ...(claimRef ? [claimRef] : [])];
}

/** What was stored with the same key. */
async function storedBefore(transaction: Transaction, db: Firestore, { uid, claim }: Asking, read: Read): Promise<Generation | undefined> {
  const id = claim.check(read[3])?.['generationId'];
  if (!id) return undefined;
  const first = (await transaction.get(db.doc(`generations/${id}`))).data();
  if (first?.['ownerId'] !== uid) throw problem('not_found');
  return Generation.parse(fromDocument(first));
}

interface Storing extends Asking, Pick<Work, 'generationId' | 'request'> {
  read: Read;
  retryOf?: string;
}

function storeRequest(transaction: Transaction, db: Firestore, storing: Storing): Generation {
  const { uid, claim, now, generationId, request, retryOf = null, read } = storing;
  const [quota, user, settings] = read;
  const owner = UserDocument.safeParse(fromDocument(user?.data() ?? {})).data;
  if (!quota || !owner) throw problem('session_ended');
  reserveCredit(transaction, db, { snapshot: quota, generationId, usual: readSettings(settings?.data()).settings, now });
  const work = freshWork({ generationId, ownerId: uid, ownerName: owner.displayName, retryOf, request }, now);
  createWork(transaction, db, work);
  claim.write(transaction, db, { generationId }, now);
  return viewOf(work);
}

/** gRPC's ALREADY_EXISTS. */
function isAlreadyThere(error: unknown): boolean {
  return (error as { code?: unknown }).code === 6;
}

function freshWork(own: Pick<Work, 'generationId' | 'ownerId' | 'ownerName' | 'retryOf' | 'request'>, now: Date): Work {
  const at = now.toISOString();
  return {
    kind: 'generation',
    ...own,
    retriedBy: null,
    state: 'queued',
    failure: null,
    credits: { reserved: 1, settled: 0, released: 0 },
    songs: [],
    fence: 0,
    claimId: null,
    dueAt: at,
    tries: 0,
    polls: 0,
    intentAt: null,
    submittedAt: null,
    createdAt: at,
    updatedAt: at,
  };
}
