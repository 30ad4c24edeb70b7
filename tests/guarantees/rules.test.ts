import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { initializeTestEnvironment, type RulesTestContext, type RulesTestEnvironment } from '@firebase/rules-unit-testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setLogLevel } from 'firebase/firestore';
import { emulators } from '../support/emulators.ts';

type Database = ReturnType<RulesTestContext['firestore']>;

const SIGNED_IN_AT_S = Date.parse('2026-03-01T12:00:00Z') / 1000;
const validAfterAt = new Date('2026-03-01T12:00:00.900Z'); // within the second of the sign-in, which must not shut it out

/** Everything that clients must not see, and what is named in no rule. */
const CLOSED = [
  ...['songMedia', 'generationWork', 'userPrivate', 'uploads', 'files', 'likes', 'ledger', 'quotas', 'idempotency', 'rateLimits'],
  ...['counters', 'plays', 'reports', 'backups', 'incidents', 'audit', 'settings', 'dependencies', 'jobRuns', 'tombstones'],
  ...[
    'imageMedia',
    'imports',
    'songSearch',
    'erasures',
    'deletedPlaylists',
    'deletedFiles',
    'unheardOf',
    'users/owner/notes',
    'songs/public/notes',
  ],
];

/** All documents are the owner's. */
const DOCUMENTS: Record<string, object> = {
  'users/owner': { uid: 'owner' },
  'songs/private': { visibility: 'private', state: 'ready' },
  'songs/unlisted': { visibility: 'unlisted', state: 'ready' },
  'songs/public': { visibility: 'public', state: 'ready' },
  'songs/publicInTheMaking': { visibility: 'public', state: 'making' },
  'songs/publicHidden': { visibility: 'public', state: 'hidden' },
  'generations/own': { state: 'queued' },
  'images/own': { state: 'ready' },
  'playlists/private': { visibility: 'private' },
  'playlists/unlisted': { visibility: 'unlisted' },
  'playlists/public': { visibility: 'public' },
  ...Object.fromEntries(CLOSED.map((collection) => [`${collection}/owner`, {}])),
};

const ofOwner = (db: Database, collection: string) => db.collection(collection).where('ownerId', '==', 'owner');
const published = (db: Database) => db.collection('songs').where('visibility', '==', 'public').where('state', '==', 'ready');

const LISTS: Record<string, (db: Database) => ReturnType<Database['collection']> | ReturnType<typeof ofOwner>> = {
  'users, one': (db) => db.collection('users').where('uid', '==', 'owner').limit(1),
  'songs of the owner': (db) => ofOwner(db, 'songs').orderBy('createdAt', 'desc').limit(100),
  'songs of the owner, 101': (db) => ofOwner(db, 'songs').limit(101),
  'songs of the owner, without limit': (db) => ofOwner(db, 'songs'),
  'songs that are public and ready': (db) => published(db).limit(100),
  'songs that are public and ready, without limit': published,
  'songs that are public': (db) => db.collection('songs').where('visibility', '==', 'public').limit(1),
  'songs that are unlisted and ready': (db) =>
    db.collection('songs').where('visibility', '==', 'unlisted').where('state', '==', 'ready').limit(1),
  'songs, any': (db) => db.collection('songs').limit(1),
  'songs of all parents': (db) => db.collectionGroup('songs').where('ownerId', '==', 'owner').limit(1),
  'playlists that are public': (db) => db.collection('playlists').where('visibility', '==', 'public').limit(1),
  ...Object.fromEntries(
    ['generations', 'images', 'playlists', ...CLOSED].flatMap((collection) => [
      [`${collection} of the owner`, (db: Database) => ofOwner(db, collection).limit(100)],
      [`${collection} of the owner, without limit`, (db: Database) => ofOwner(db, collection)],
      [`${collection}, any`, (db: Database) => db.collection(collection).limit(1)],
    ]),
  ),
};

const OPEN_TO_OWNER = [
  ...Object.keys(DOCUMENTS)
    .filter((path) => /^(users|songs|generations|images|playlists)\/[^/]+$/.test(path))
    .map((path) => `get ${path}`),
  ...['generations', 'images', 'playlists', 'songs'].map((collection) => `list ${collection} of the owner`),
  'list songs that are public and ready',
];

const OPEN_TO_OTHERS = [
  ...['songs/public', 'songs/unlisted', 'playlists/public', 'playlists/unlisted'].map((path) => `get ${path}`),
  'list songs that are public and ready',
];

describe('firestore.rules', () => {
  let environment: RulesTestEnvironment;

  beforeAll(async () => {
    setLogLevel('silent');
    const [host = '', port] = emulators().firestoreHost.split(':');
    const rules = readFileSync(join(import.meta.dirname, '../../firestore.rules'), 'utf8');
    environment = await initializeTestEnvironment({ projectId: 'demo-rules', firestore: { rules, host, port: Number(port) } });
    await environment.clearFirestore();
    await environment.withSecurityRulesDisabled(async (context) => {
      const db = context.firestore();
      const documents = Object.entries(DOCUMENTS).map(([path, fields]) =>
        db.doc(path).set({ ...fields, ownerId: 'owner', createdAt: new Date() }),
      );
      const people = ['owner', 'other'].map((uid) =>
        db.doc(`userPrivate/${uid}`).set({ ownerId: 'owner', disabled: false, validAfterAt, role: 'user' }),
      );
      await Promise.all([...documents, ...people, db.doc('userPrivate/admin').set({ disabled: false, validAfterAt, role: 'admin' })]);
    });
  });
  afterAll(() => environment.cleanup());

  /** Tries everything, and tells what was not refused. */
  async function openTo(db: Database): Promise<string[]> {
    const paths = Object.keys(DOCUMENTS);
    const tries: [string, () => Promise<unknown>][] = [
      ...paths.map((path): [string, () => Promise<unknown>] => [`get ${path}`, () => db.doc(path).get()]),
      ...Object.entries(LISTS).map(([name, list]): [string, () => Promise<unknown>] => [`list ${name}`, () => list(db).get()]),
      ...paths.map((path): [string, () => Promise<unknown>] => [
        `create beside ${path}`,
        () => db.doc(`${path}2`).set({ ownerId: 'owner' }),
      ]),
      ...paths.map((path): [string, () => Promise<unknown>] => [`update ${path}`, () => db.doc(path).update({ title: 'Mine' })]),
      ...paths.map((path): [string, () => Promise<unknown>] => [`delete ${path}`, () => db.doc(path).delete()]),
    ];
    const answers = await Promise.all(tries.map(([name, attempt]) => attempt().then(() => name, refusal)));
    return answers.filter((name) => name !== undefined).sort();
  }

  function refusal(error: { code?: string }): undefined {
    if (error.code !== 'permission-denied') throw error;
  }

  const as = (uid: string, authTimeS = SIGNED_IN_AT_S) => environment.authenticatedContext(uid, { auth_time: authTimeS }).firestore();

  it('open to owners their own documents and pages of them, and nothing internal', async () => {
    expect(await openTo(as('owner'))).toEqual([...OPEN_TO_OWNER].sort());
  });

  it('open to other people what is shared, and the list of public songs', async () => {
    expect(await openTo(as('other'))).toEqual([...OPEN_TO_OTHERS].sort());
  });

  it('open to admins no more than to other people: their functions look at the rest', async () => {
    expect(await openTo(as('admin'))).toEqual([...OPEN_TO_OTHERS].sort());
  });

  it('open nothing to somebody who is not signed in', async () => {
    expect(await openTo(environment.unauthenticatedContext().firestore())).toEqual([]);
  });

  it('open nothing to somebody without a userPrivate document', async () => {
    expect(await openTo(as('unknown'))).toEqual([]);
  });

  it('open nothing to a session that began before validAfterAt', async () => {
    expect(await openTo(as('owner', SIGNED_IN_AT_S - 1))).toEqual([]);
  });

  it('open nothing to somebody who is disabled, who could read before', async () => {
    const setDisabled = (disabled: boolean) =>
      environment.withSecurityRulesDisabled((context) => context.firestore().doc('userPrivate/owner').update({ disabled }));
    const db = as('owner');
    await db.doc('users/owner').get();
    await setDisabled(true);
    const open = await openTo(db);
    await setDisabled(false);
    expect(open).toEqual([]);
  });

  it('show a change of an own document to a listener', async () => {
    const db = as('owner');
    const [isListening, isReady] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const stop = db
      .doc('generations/own')
      .onSnapshot((snapshot) => (snapshot.get('state') === 'ready' ? isReady : isListening).resolve(), isReady.reject);
    await Promise.race([isListening.promise, isReady.promise]);
    await environment.withSecurityRulesDisabled((context) => context.firestore().doc('generations/own').update({ state: 'ready' }));
    await isReady.promise;
    stop();
  });
});
