import type { z } from 'zod';
import { UserDocument } from '#shared/access';
import { type Claim, quotaRef, reserveCredit } from '#shared/limits';
import { fromDocument, type NewId, problem, readSettings, SETTINGS_DOCUMENT, transact } from '#shared/runtime';
import { type CreateSongInput, Generation, type GenerationRequest } from './schema.ts';
import { createWork, readGeneration } from './store.ts';
import { viewOf, type Work } from './work.ts';

interface Asking {
  uid: string;
  input: z.output<typeof CreateSongInput>;
  claim: Claim;
  now: Date;
  newId: NewId;
}

/**
 * Takes a request for a song: reserves the credit, stores the request, and remembers the key, all in one transaction. The
 * provider is not asked here.
 *
 * @throws `daily_songs_reached`, `idempotency_key_reused`
 */
export async function createGeneration({ uid, input, claim, now, newId }: Asking): Promise<Generation> {
  const generationId = newId('gen'); // outside: a transaction may run several times
  try {
    return await storeRequest(generationId, { uid, input, claim, now });
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
    // The answer to a commit was lost, and the client made it again: the first one stands.
    const stored = await readGeneration(generationId);
    if (!stored) throw error;
    return stored;
  }
}

function storeRequest(generationId: string, { uid, input, claim, now }: Omit<Asking, 'newId'>): Promise<Generation> {
  return transact(async (transaction, db) => {
    const claimRef = claim.ref(db);
    const refs = [quotaRef(db, uid), db.doc(`users/${uid}`), db.doc(SETTINGS_DOCUMENT), ...(claimRef ? [claimRef] : [])] as const;
    const [quota, user, settings, recorded] = await transaction.getAll(...refs);
    const done = claim.check(recorded);
    if (done?.['generationId']) {
      const first = (await transaction.get(db.doc(`generations/${done['generationId']}`))).data();
      if (first?.['ownerId'] !== uid) throw problem('not_found');
      return Generation.parse(fromDocument(first));
    }
    const owner = UserDocument.safeParse(fromDocument(user?.data() ?? {})).data;
    if (!quota || !owner) throw problem('session_ended');
    reserveCredit(transaction, db, { snapshot: quota, generationId, usual: readSettings(settings?.data()).settings, now });
    const work = freshWork({ generationId, ownerId: uid, ownerName: owner.displayName }, input, now);
    createWork(transaction, db, work);
    claim.write(transaction, db, { generationId }, now);
    return viewOf(work);
  });
}

/** gRPC's ALREADY_EXISTS. */
function isAlreadyThere(error: unknown): boolean {
  return (error as { code?: unknown }).code === 6;
}

function freshWork(own: Pick<Work, 'generationId' | 'ownerId' | 'ownerName'>, input: z.output<typeof CreateSongInput>, now: Date): Work {
  const { title = null, style = null, lyrics = null, ...rest } = input;
  const request: GenerationRequest = { ...rest, title, style, lyrics };
  const at = now.toISOString();
  return {
    kind: 'generation',
    ...own,
    retryOf: null,
    request,
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
