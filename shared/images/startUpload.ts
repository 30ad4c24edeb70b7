import type { Firestore, Transaction } from '@google-cloud/firestore';
import type { z } from 'zod';
import { STORAGE_BYTES, usedBytes } from '#shared/files';
import type { Claim } from '#shared/limits';
import type { SignedWrite } from '#shared/media';
import { fromDocument, type NewId, problem, sumOf, toDocument, totalsOf, transact } from '#shared/runtime';
import type { StartUploadInput, Upload } from './schema.ts';
import { toUpload, uploadRef } from './store.ts';
import { signUpload, uploadStore } from './uploadStore.ts';

/** The address lives for minutes only; what was sent there may be finished for a day. It counts as stored until it has gone. */
const KEPT_MS = 24 * 60 * 60_000;

/** Of one person, at the same time; one that is over counts until its address is. */
const MOST_UPLOADS = 100;

interface Asking {
  uid: string;
  input: z.output<typeof StartUploadInput>;
  claim: Claim;
  now: Date;
  newId: NewId;
}

/**
 * Allows one picture of this type and length to be written to the bucket. Signed first: what cannot be sent leaves no trace.
 *
 * @throws `storage_full`, `rate_limited` for the 101st at a time, `idempotency_key_reused`, `feature_unavailable`; `not_found` for a key whose upload is over; `session_ended`
 */
export async function startUpload({ uid, input, claim, now, newId }: Asking): Promise<{ imageId: string; upload: SignedWrite }> {
  const upload = freshUpload(newId('img'), uid, input, now);
  const signed = await signUpload(upload, now);
  const imageId = await store(upload, { claim, now });
  if (imageId === upload.imageId) return { imageId, upload: signed };
  return { imageId, upload: await signUpload({ ...upload, name: uploadName(imageId) }, now) };
}

/** @returns the id of this upload, or of the one that was started before with the same key */
function store(upload: Upload, { claim, now }: Pick<Asking, 'claim' | 'now'>): Promise<string> {
  const { imageId, ownerId, bytes } = upload;
  return transact(async (transaction, db) => {
    const claimRef = claim.ref(db);
    const refs = [uploadRef(db, imageId), db.doc(`users/${ownerId}`), ...(claimRef ? [claimRef] : [])] as const;
    const [stored, user, recorded] = await transaction.getAll(...refs);
    if (stored?.exists) return imageId; // the answer to a commit was lost, and it runs again
    const done = claim.check(recorded)?.['imageId'];
    if (done) {
      const first = toUpload(await transaction.get(uploadRef(db, done)));
      if (first?.ownerId !== ownerId || first.state !== 'open') throw problem('not_found'); // over, or lapsed
      return done;
    }
    if (!user?.exists) throw problem('session_ended');
    const uploading = await uploadsOf(db, ownerId, now, transaction);
    if (uploading.count >= MOST_UPLOADS)
      throw problem('rate_limited', { retryAfterS: await firstIsOverInS(db, ownerId, now, transaction) });
    const taken = (await usedBytes(ownerId, transaction)) + uploading.sum;
    if (taken + bytes > STORAGE_BYTES) throw problem('storage_full', { usedBytes: taken, limitBytes: STORAGE_BYTES });
    transaction.create(uploadRef(db, imageId), toDocument(upload));
    claim.write(transaction, db, { imageId }, now);
    return imageId;
  });
}

/**
 * How many uploads of a person are not over yet, and what all of them may have brought: those that have lapsed count until `sweepStorage`
 * has seen that nothing of them is left.
 */
async function uploadsOf(db: Firestore, ownerId: string, now: Date, transaction: Transaction): Promise<{ sum: number; count: number }> {
  const own = db.collection('uploads').where('ownerId', '==', ownerId);
  const [current, lapsedBytes] = await Promise.all([
    totalsOf(own.where('expireAt', '>', now), 'bytes', transaction),
    sumOf(own.where('expireAt', '<=', now), 'bytes', transaction),
  ]);
  return { count: current.count, sum: current.sum + lapsedBytes };
}

/** When the first of those that count will count no more, if nobody finishes any: after minutes, or a day where they were given up. */
async function firstIsOverInS(db: Firestore, ownerId: string, now: Date, transaction: Transaction): Promise<number> {
  const counted = db.collection('uploads').where('ownerId', '==', ownerId).where('expireAt', '>', now);
  const { docs } = await transaction.get(counted.orderBy('expireAt').orderBy('bytes').limit(1)); // in the order of the index of their sum
  const expireAt = docs.map((document) => String(fromDocument(document.data())['expireAt']))[0] ?? now.toISOString();
  return Math.max(1, Math.ceil((Date.parse(expireAt) - now.getTime()) / 1000));
}

function freshUpload(imageId: string, ownerId: string, { title = '', ...announced }: Asking['input'], now: Date): Upload {
  const expireAt = new Date(now.getTime() + KEPT_MS).toISOString();
  return { imageId, state: 'open', ownerId, title, ...announced, storeId: uploadStore().id, name: uploadName(imageId), expireAt };
}

function uploadName(imageId: string): string {
  return `uploads/${imageId}`;
}
