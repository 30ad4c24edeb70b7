/** People as operators see them: the profile, and what is closed to clients. */
import type { DocumentSnapshot } from '@google-cloud/firestore';
import type { UserRecord } from 'firebase-admin/auth';
import { z } from 'zod';
import { authAdmin, needsOf, UserDocument, UserPrivate } from '#shared/access';
import { quotaRef } from '#shared/limits';
import { database, fromDocument, log, NO_SUCH_ID, ServiceSettings } from '#shared/runtime';

/** A uid as Firebase makes them, and as whoever imports or creates accounts may choose them; it names documents. */
export const UserId = z
  .string()
  .regex(/^[!-.0-~]{1,128}$/, NO_SUCH_ID)
  .refine((uid) => !/^(\.{1,2}|__.*__)$/.test(uid), NO_SUCH_ID);

export const SongsPerDay = ServiceSettings.shape.songsPerDay;

export const User = z.strictObject({
  ...UserDocument.shape,
  /** Here or in Firebase Auth; also when Auth has deleted him. */
  disabled: z.boolean(),
  /** An exception for this person; null: the service's setting holds. */
  songsPerDay: z.int().nullable(),
  /** Null: never, or Auth did not answer. */
  lastSignInAt: z.iso.datetime().nullable(),
});
export type User = z.output<typeof User>;

/** The three documents of a person. */
export interface Account {
  user: UserDocument;
  userPrivate: UserPrivate;
  songsPerDay: number | null;
}

/** What somebody has spoiled by hand lets nobody in: see `lookUpUserState`. */
const SPOILT: UserPrivate = { role: 'user', disabled: true, validAfterAt: new Date(0).toISOString() };

const Exception = z.object({ songsPerDay: SongsPerDay });

export const users = needsOf('user', {
  find: findAccount,
  subject: ({ user }: Account) => ({ ownerId: user.uid, isShared: false }),
});

async function findAccount(uid: string): Promise<Account | undefined> {
  const db = await database();
  return toAccount(await db.getAll(db.doc(`users/${uid}`), db.doc(`userPrivate/${uid}`), quotaRef(db, uid)));
}

/** @param snapshots - of `users`, `userPrivate`, `quotas` */
export function toAccount([user, ...closed]: (DocumentSnapshot | undefined)[]): Account | undefined {
  const shown = user?.data();
  return shown && accountOf(UserDocument.parse(fromDocument(shown)), closed);
}

/** @param closed - snapshots of `userPrivate` and `quotas` */
export function accountOf(user: UserDocument, [userPrivate, quota]: (DocumentSnapshot | undefined)[]): Account | undefined {
  const data = userPrivate?.data();
  if (!data) return undefined;
  return {
    user,
    userPrivate: UserPrivate.safeParse(fromDocument(data)).data ?? SPOILT,
    songsPerDay: Exception.safeParse(quota?.data()).data?.songsPerDay ?? null,
  };
}

/** What Auth says of people. */
export type AuthRecords = ReadonlyMap<string, UserRecord> | 'unknown';

/** Of at most 100 people, in one call. Without Auth, our own documents are told alone. */
export async function readAuthRecords(uids: string[]): Promise<AuthRecords> {
  try {
    const { users: records } = await authAdmin((auth) => auth.getUsers(uids.map((uid) => ({ uid }))));
    return new Map(records.map((record) => [record.uid, record]));
  } catch (error) {
    log.warn('auth_unknown', { error });
    return 'unknown';
  }
}

export function toUser({ user, userPrivate, songsPerDay }: Account, records: AuthRecords): User {
  const record = records === 'unknown' ? undefined : records.get(user.uid);
  const isOutInAuth = records !== 'unknown' && (!record || record.disabled);
  const lastSignInMs = Date.parse(record?.metadata.lastSignInTime ?? '');
  return {
    ...user,
    role: userPrivate.role, // this one decides; the other is for the person to see
    disabled: userPrivate.disabled || isOutInAuth,
    songsPerDay,
    lastSignInAt: Number.isNaN(lastSignInMs) ? null : new Date(lastSignInMs).toISOString(),
  };
}
