/**
 * The two documents of an account, and how they come to be.
 *
 * `users/{uid}` is what its owner may read: Profile without `allowance`. `userPrivate/{uid}` is closed to clients; the security
 * rules read `disabled` and `validAfterAt` from it.
 */
import { createHmac } from 'node:crypto';
import type { DocumentReference, Firestore } from '@google-cloud/firestore';
import type { UserRecord } from 'firebase-admin/auth';
import { z } from 'zod';
import { database, fromDocument, required, toDocument, transact } from '#shared/runtime';
import type { Role } from './caller.ts';

export const Locale = z.enum(['ko', 'en']);

export const UserDocument = z.object({
  uid: z.string(),
  email: z.string(),
  displayName: z.string(),
  locale: Locale,
  role: z.enum(['user', 'admin']),
  createdAt: z.iso.datetime(),
});
export type UserDocument = z.output<typeof UserDocument>;

export const UserPrivate = z.object({
  role: z.enum(['user', 'admin']),
  disabled: z.boolean(),
  /** Sessions that began before this have ended. */
  validAfterAt: z.iso.datetime(),
  /** Where `disabled` comes from: our function, or Auth's record, and then it ends with that. Null: written by hand. */
  disabledBy: z.enum(['operator', 'auth']).nullish(),
});
export type UserPrivate = z.output<typeof UserPrivate>;

const BEGINNING = new Date(0).toISOString();

/** What `validAfterAt` is when all sessions end now: tokens tell their beginning in whole seconds, and what began in this one has ended too. */
export function sessionsEndAt(now: Date): Date {
  return new Date((Math.floor(now.getTime() / 1000) + 1) * 1000);
}

/** @returns undefined when there is no such document */
export async function readUserPrivate(uid: string): Promise<UserPrivate | undefined> {
  const db = await database();
  const data = (await db.doc(`userPrivate/${uid}`).get()).data();
  return data && UserPrivate.parse(fromDocument(data));
}

export async function readUser(uid: string): Promise<UserDocument | undefined> {
  const db = await database();
  const data = (await db.doc(`users/${uid}`).get()).data();
  return data && UserDocument.parse(fromDocument(data));
}

/** What is taken from Auth's record. */
export type KnownUser = Pick<UserRecord, 'uid' | 'email' | 'displayName' | 'disabled'>;

export interface Chosen {
  displayName?: string;
  locale?: z.output<typeof Locale>;
  role?: Role;
}

/**
 * Makes the documents of a user whom Auth knows, unless they are there already. Safe to run twice and at once.
 *
 * @returns undefined when the account was deleted: its tombstone keeps late requests from bringing it back (G15)
 */
export function ensureAccount(record: KnownUser, chosen: Chosen, now: Date): Promise<UserPrivate | undefined> {
  const fresh = freshDocuments(record, chosen, now);
  return transact(async (transaction, db) => {
    const privateRef = db.doc(`userPrivate/${record.uid}`);
    const [existing, tombstone] = await transaction.getAll(privateRef, tombstoneRef(db, record.uid));
    if (tombstone?.exists) return undefined;
    const data = existing?.data();
    if (data) return UserPrivate.parse(fromDocument(data));
    transaction.create(privateRef, toDocument(fresh.userPrivate));
    transaction.set(db.doc(`users/${record.uid}`), toDocument(fresh.user));
    return fresh.userPrivate;
  });
}

function freshDocuments(record: KnownUser, chosen: Chosen, now: Date) {
  const role = chosen.role ?? 'user';
  const userPrivate: UserPrivate = { role, disabled: record.disabled, validAfterAt: BEGINNING };
  const user: UserDocument = {
    uid: record.uid,
    email: record.email ?? '',
    displayName: chosen.displayName ?? [...(record.displayName?.trim() || 'Listener')].slice(0, 50).join(''),
    locale: chosen.locale ?? 'ko',
    role,
    createdAt: now.toISOString(),
  };
  return { userPrivate, user };
}

/**
 * What is left of a deleted account. It must not tell whom it stands for: it is named by a keyed hash of the uid, and holds a random
 * id, which takes the uid's place in `audit`.
 */
export function tombstoneRef(db: Firestore, uid: string): DocumentReference {
  const name = createHmac('sha256', required('JWT_SECRET')).update(`tombstone:${uid}`).digest('hex');
  return db.doc(`tombstones/${name}`);
}
