/** Who is let in with a good token, by what Auth and the database say of the person. On both emulators. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { CreateRequest, UserRecord } from 'firebase-admin/auth';
import jwt from 'jsonwebtoken';
import { type Access, authAdmin, authenticate, ensureAccount, forgetUserState, requireRole } from '#shared/access';
import { closeDatabase, database } from '#shared/runtime';
import { readUserPrivate } from '../../../shared/access/account.ts';
import { TestClock } from '../../support/clock.ts';
import { useOwnProject } from '../../support/service.ts';

let projectId: string;
let clock: TestClock;

beforeAll(() => {
  projectId = useOwnProject();
});

beforeEach(() => {
  clock = new TestClock(Math.floor(Date.now() / 1000) * 1000);
});

afterAll(() => closeDatabase());

/** As the Auth emulator makes them: nothing is signed. */
function tokenOf(uid: string, authTimeS = clock.now() / 1000): string {
  const times = { iat: authTimeS, auth_time: authTimeS, exp: clock.now() / 1000 + 3600 };
  const claims = { iss: `https://securetoken.google.com/${projectId}`, aud: projectId, sub: uid, ...times };
  return jwt.sign(claims, '', { algorithm: 'none' });
}

function call(uid: string, { access = 'user' as Access, authTimeS = clock.now() / 1000 } = {}) {
  return authenticate({ authorization: `Bearer ${tokenOf(uid, authTimeS)}`, functionName: 'getProfile', access }, clock);
}

/** Somebody made by the SDK or in the console: Auth knows him, our database does not. */
function newPerson(request: CreateRequest = {}): Promise<UserRecord> {
  return authAdmin((auth) => auth.createUser({ displayName: 'Mina', ...request }));
}

async function patchPrivate(uid: string, patch: object): Promise<void> {
  await (await database()).doc(`userPrivate/${uid}`).update({ ...patch });
}

async function documentsOf(uid: string) {
  const db = await database();
  const [user, own] = await db.getAll(db.doc(`users/${uid}`), db.doc(`userPrivate/${uid}`));
  return { user: user?.data(), own: own?.data() };
}

const ENDED = { status: 401, code: 'session_ended' };

describe('Somebody who was made by the SDK or in the console', () => {
  it('has an account from the first call on', async () => {
    const { uid } = await newPerson({ email: 'first@sori.example' });
    expect(await call(uid)).toEqual({ kind: 'user', uid, role: 'user' });
    const { user, own } = await documentsOf(uid);
    expect({ ...user, createdAt: user?.['createdAt'].toMillis() }).toEqual({
      uid,
      email: 'first@sori.example',
      displayName: 'Mina',
      locale: 'ko',
      role: 'user',
      createdAt: clock.now(),
    });
    expect({ ...own, validAfterAt: own?.['validAfterAt'].toMillis() }).toEqual({ role: 'user', disabled: false, validAfterAt: 0 });
  });

  it('has one account after twenty first calls at once, through instances that know nothing of each other', async () => {
    const record = await newPerson();
    const made = await Promise.all(Array.from({ length: 20 }, () => ensureAccount(record, {}, new Date(clock.now()))));
    expect(new Set(made.map((each) => JSON.stringify(each))).size).toBe(1);
    expect((await documentsOf(record.uid)).user).toMatchObject({ displayName: 'Mina' });
  });

  it('keeps what the first call has stored when a later one comes with other words', async () => {
    const record = await newPerson();
    await ensureAccount(record, { displayName: 'Junho', locale: 'en' }, new Date());
    await ensureAccount(record, { displayName: 'Someone', role: 'admin' }, new Date());
    expect((await documentsOf(record.uid)).user).toMatchObject({ displayName: 'Junho', locale: 'en', role: 'user' });
  });

  it('and was disabled before the first call has no account yet, and an open one once enabled', async () => {
    const { uid } = await newPerson({ disabled: true });
    await expect(call(uid)).rejects.toMatchObject(ENDED);
    expect(await documentsOf(uid)).toEqual({ user: undefined, own: undefined });
    await authAdmin((auth) => auth.updateUser(uid, { disabled: false }));
    forgetUserState(uid);
    expect(await call(uid)).toMatchObject({ uid });
  });

  it('and whom Auth does not know is locked out, and gets no account', async () => {
    await expect(call('nobody')).rejects.toMatchObject(ENDED);
    expect(await documentsOf('nobody')).toEqual({ user: undefined, own: undefined });
  });

  it('and whose account was deleted stays locked out: the tombstone outlives the documents', async () => {
    const record = await newPerson();
    await ensureAccount(record, {}, new Date());
    const db = await database();
    const before = await db.collection('tombstones').listDocuments();
    await Promise.all([db.doc(`users/${record.uid}`).delete(), db.doc(`userPrivate/${record.uid}`).delete()]);
    const { createHmac } = await import('node:crypto');
    const id = createHmac('sha256', process.env['JWT_SECRET']!).update(`tombstone:${record.uid}`).digest('hex');
    await db.doc(`tombstones/${id}`).create({ deletedAt: new Date() });
    expect(before).toEqual([]);
    await expect(call(record.uid)).rejects.toMatchObject(ENDED);
    expect(await documentsOf(record.uid)).toEqual({ user: undefined, own: undefined });
  });
});

describe('G7: within 30 s somebody is locked out who was', () => {
  it.each<[string, (uid: string) => Promise<unknown>]>([
    ['disabled by an operator', (uid) => patchPrivate(uid, { disabled: true })],
    ['disabled in the Firebase console', (uid) => authAdmin((auth) => auth.updateUser(uid, { disabled: true }))],
    ['deleted in the Firebase console', (uid) => authAdmin((auth) => auth.deleteUser(uid))],
    ['signed out', (uid) => patchPrivate(uid, { validAfterAt: new Date(clock.now() + 1000) })],
  ])('%s, of admin functions at once', async (_how, happens) => {
    const { uid } = await newPerson();
    await call(uid);
    await happens(uid);
    const admin = await call(uid, { access: 'admin' }).catch((error: unknown) => error);
    expect(admin).toMatchObject(ENDED);

    const { uid: other } = await newPerson();
    await call(other);
    await happens(other);
    clock.advance(30_000);
    await expect(call(other, { authTimeS: clock.now() / 1000 - 30 })).rejects.toMatchObject(ENDED);
  });

  it('revoked in Auth, as an operator’s tool does it', async () => {
    const { uid } = await newPerson();
    const signedInS = clock.now() / 1000 - 5;
    await call(uid, { authTimeS: signedInS });
    await authAdmin((auth) => auth.revokeRefreshTokens(uid));
    clock.advance(30_000);
    await expect(call(uid, { authTimeS: signedInS })).rejects.toMatchObject(ENDED);
    expect(await call(uid)).toMatchObject({ uid });
  });

  it('and not earlier than that: the state is looked up once in 30 s', async () => {
    const { uid } = await newPerson();
    const authTimeS = clock.now() / 1000;
    await call(uid);
    await patchPrivate(uid, { disabled: true });
    clock.advance(29_999);
    expect(await call(uid, { authTimeS })).toMatchObject({ uid });
    clock.advance(1);
    await expect(call(uid, { authTimeS })).rejects.toMatchObject(ENDED);
  });

  it('at once where the change was made: the process forgets what it knew', async () => {
    const { uid } = await newPerson();
    await call(uid);
    await patchPrivate(uid, { disabled: true });
    forgetUserState(uid);
    await expect(call(uid)).rejects.toMatchObject(ENDED);
  });

  it('disabled while a look at the state was on its way: an admin function looks again', async () => {
    const { uid } = await newPerson();
    await call(uid);
    forgetUserState(uid);
    const early = call(uid).catch(() => undefined); // it may or may not have seen the change
    await patchPrivate(uid, { disabled: true });
    await expect(call(uid, { access: 'admin' })).rejects.toMatchObject(ENDED);
    await early;
    await expect(call(uid)).rejects.toMatchObject(ENDED);
  });
});

describe('A session', () => {
  it('of the very second in which the others were ended is good, one of the second before is not', async () => {
    const { uid } = await newPerson();
    await call(uid);
    const endS = clock.now() / 1000;
    await patchPrivate(uid, { validAfterAt: new Date(endS * 1000) });
    forgetUserState(uid);
    expect(await call(uid, { authTimeS: endS })).toMatchObject({ uid });
    await expect(call(uid, { authTimeS: endS - 1 })).rejects.toMatchObject(ENDED);
  });

  it('bears the role that the database says now, not one of the token', async () => {
    const { uid } = await newPerson();
    await authAdmin((auth) => auth.setCustomUserClaims(uid, { role: 'admin', admin: true }));
    const caller = await call(uid, { access: 'admin' });
    expect(caller).toEqual({ kind: 'user', uid, role: 'user' });
    expect(() => requireRole(caller, 'admin')).toThrow(expect.objectContaining({ status: 403, code: 'role_required' }));
    await patchPrivate(uid, { role: 'admin' });
    const operator = await call(uid, { access: 'admin' });
    expect(operator).toEqual({ kind: 'user', uid, role: 'admin' });
    expect(() => requireRole(operator, 'admin')).not.toThrow();
  });

  it('ends rather than counts for something when the closed document was spoilt by hand', async () => {
    const { uid } = await newPerson();
    await call(uid);
    await patchPrivate(uid, { role: 'emperor' });
    forgetUserState(uid);
    await expect(call(uid)).rejects.toThrow();
    await expect(readUserPrivate(uid)).rejects.toThrow('role');
  });
});
