import type { Firestore, Transaction } from '@google-cloud/firestore';
import type { z } from 'zod';
import { STORAGE_BYTES, usedBytes } from '#shared/files';
import type { Claim } from '#shared/limits';
import type { SignedWrite } from '#shared/media';
import { type NewId, problem, sumOf, toDocument, transact } from '#shared/runtime';
import type { StartUploadInput, Upload } from './schema.ts';
import { uploadRef } from './store.ts';
import { signUpload, uploadStore } from './uploadStore.ts';

/** The address lives for minutes only; what was sent there may be finished for a day, and so long it is counted as stored. */
const KEPT_MS = 24 * 60 * 60_000;

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
 * @throws `storage_full`, `idempotency_key_reused`, `feature_unavailable`; `not_found` for a key whose upload is over; `session_ended`
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
      const first = await transaction.get(uploadRef(db, done));
      if (first.get('ownerId') !== ownerId) throw problem('not_found'); // finished, or lapsed
      return done;
    }
    if (!user?.exists) throw problem('session_ended');
    const taken = (await usedBytes(ownerId, transaction)) + (await uploadingBytes(db, ownerId, now, transaction));
    if (taken + bytes > STORAGE_BYTES) throw problem('storage_full', { usedBytes: taken, limitBytes: STORAGE_BYTES });
    transaction.create(uploadRef(db, imageId), toDocument(upload));
    claim.write(transaction, db, { imageId }, now);
    return imageId;
  });
}

/** What else a person may be sending right now. */
function uploadingBytes(db: Firestore, ownerId: string, now: Date, transaction: Transaction): Promise<number> {
  return sumOf(db.collection('uploads').where('ownerId', '==', ownerId).where('expireAt', '>', now), 'bytes', transaction);
}

function freshUpload(imageId: string, ownerId: string, { title = '', ...announced }: Asking['input'], now: Date): Upload {
  const expireAt = new Date(now.getTime() + KEPT_MS).toISOString();
  return { imageId, ownerId, title, ...announced, storeId: uploadStore().id, name: uploadName(imageId), expireAt };
}

function uploadName(imageId: string): string {
  return `uploads/${imageId}`;
}
