import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Firestore } from '@google-cloud/firestore';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deleteApp, initializeApp } from 'firebase-admin/app';
import { getAuth } from 'firebase-admin/auth';
import { exportAccounts, importAccounts } from '../../scripts/local/emulators/auth.ts';
import { startFirestoreEmulator } from '../../scripts/local/emulators/firestore.ts';
import { emulators } from '../support/emulators.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sori-test-emulators-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe('the Firestore emulator', () => {
  const projectId = 'demo-emulator-export';

  async function withDatabase<T>(host: string, work: (db: Firestore) => Promise<T>): Promise<T> {
    const db = new Firestore({ projectId, host, ssl: false, customHeaders: { Authorization: 'Bearer owner' } });
    try {
      return await work(db);
    } finally {
      await db.terminate();
    }
  }

  it('starts again with every document, from an export that was moved to another place', async () => {
    const song = { title: '바다', plays: 7, createdAt: new Date('2026-01-02T03:04:05.678Z'), tags: ['a', 'b'], deep: { er: null } };
    const first = await startFirestoreEmulator({ projectId });
    const written = join(directory, 'written');
    try {
      await withDatabase(first.host, async (db) => {
        await db.doc('songs/one').set(song);
        await db.doc('songs/one/parts/two').set({ part: 2 });
      });
      await first.exportTo(written);
    } finally {
      await first.close();
    }
    const moved = join(directory, 'moved');
    await rename(written, moved);

    const second = await startFirestoreEmulator({ projectId, importFrom: moved });
    try {
      await withDatabase(second.host, async (db) => {
        const { createdAt, ...rest } = (await db.doc('songs/one').get()).data() ?? {};
        expect({ ...rest, createdAt: createdAt.toDate() }).toEqual(song);
        expect((await db.doc('songs/one/parts/two').get()).data()).toEqual({ part: 2 });
      });
    } finally {
      await second.close();
    }
  }, 60_000);
});

describe('the Auth emulator', () => {
  const projectId = 'demo-auth-export';

  it('takes back accounts with their passwords and claims, and keeps people signed in', async () => {
    const host = emulators().authHost;
    const app = initializeApp({ projectId }, projectId);
    const { uid } = await getAuth(app).createUser({ email: 'open@sori.example', password: 'long enough', displayName: '소리' });
    await getAuth(app).setCustomUserClaims(uid, { admin: true });
    await getAuth(app).createUser({ email: 'closed@sori.example', password: 'long enough', disabled: true });
    await deleteApp(app);
    const session = await signIn(host, 'open@sori.example');

    const file = join(directory, 'accounts.json');
    await exportAccounts(host, projectId, file);
    await fetch(`http://${host}/emulator/v1/projects/${projectId}/accounts`, {
      method: 'DELETE',
      headers: { Authorization: 'Bearer owner' },
    });
    expect(await signIn(host, 'open@sori.example')).toMatchObject({ error: { message: 'EMAIL_NOT_FOUND' } });
    await importAccounts(host, projectId, file);

    expect(await signIn(host, 'open@sori.example')).toMatchObject({ localId: uid });
    expect(await signIn(host, 'closed@sori.example')).toMatchObject({ error: { message: 'USER_DISABLED' } });
    const owner = await call(host, 'accounts:lookup', { idToken: (session as { idToken: string }).idToken });
    expect(owner).toMatchObject({ users: [{ localId: uid, displayName: '소리', customAttributes: '{"admin":true}' }] });
  }, 20_000);

  function signIn(host: string, email: string): Promise<unknown> {
    return call(host, 'accounts:signInWithPassword', {
      email,
      password: 'long enough',
      returnSecureToken: true,
    });
  }

  async function call(host: string, verb: string, body: object): Promise<unknown> {
    const answer = await fetch(`http://${host}/identitytoolkit.googleapis.com/v1/${verb}?key=${projectId}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    return answer.json();
  }
});
