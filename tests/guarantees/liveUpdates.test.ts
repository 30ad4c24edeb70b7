/** An app as people have it: the Firebase web SDK, signed in with a password, listening under the rules that are deployed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { initializeTestEnvironment, type RulesTestEnvironment } from '@firebase/rules-unit-testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deleteApp, type FirebaseApp, initializeApp } from 'firebase/app';
import { connectAuthEmulator, getAuth, signInWithEmailAndPassword } from 'firebase/auth';
import {
  collection,
  connectFirestoreEmulator,
  type DocumentData,
  doc,
  type Firestore,
  getDoc,
  getFirestore,
  limit,
  onSnapshot,
  orderBy,
  query,
  setLogLevel,
  Timestamp,
  terminate,
  where,
} from 'firebase/firestore';
import { getProfile } from '../../functions/accounts/getProfile.ts';
import { listImages } from '../../functions/images/listImages.ts';
import { getPlaylist } from '../../functions/playlists/getPlaylist.ts';
import { createSong } from '../../functions/songs/createSong.ts';
import { getGeneration } from '../../functions/songs/getGeneration.ts';
import { getSong } from '../../functions/songs/getSong.ts';
import { type Person, signUpPerson } from '../support/callers.ts';
import { emulators } from '../support/emulators.ts';
import { given } from '../support/given.ts';
import { openStudio, type Studio } from '../support/studio.ts';

let studio: Studio;
let environment: RulesTestEnvironment;
let mina: Person;
let app: FirebaseApp;
let db: Firestore;

beforeAll(async () => {
  setLogLevel('silent');
  studio = await openStudio();
  mina = await signUpPerson(studio.service);
  const { firestoreHost, authHost } = emulators();
  const [host = '', port] = firestoreHost.split(':');
  const { projectId } = studio.service;
  const rules = readFileSync(join(import.meta.dirname, '../../firestore.rules'), 'utf8');
  environment = await initializeTestEnvironment({ projectId, firestore: { rules, host, port: Number(port) } });
  app = initializeApp({ projectId, apiKey: projectId }, projectId);
  const auth = getAuth(app);
  connectAuthEmulator(auth, `http://${authHost}`, { disableWarnings: true });
  db = getFirestore(app);
  connectFirestoreEmulator(db, host, Number(port));
  await signInWithEmailAndPassword(auth, mina.email, mina.password);
});

afterAll(async () => {
  if (db) await terminate(db);
  if (app) await deleteApp(app);
  await environment?.cleanup();
  await studio?.close();
});

/** As the wire has it: `docs/clients.md` says how an app does the same. */
function asOnTheWire(data: DocumentData): object {
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, value instanceof Timestamp ? value.toDate().toISOString() : value]),
  );
}

interface Heard {
  generations: DocumentData[];
  /** States of each song, in the order in which they came. */
  songs: Map<string, string[]>;
  stop(): void;
}

function listenTo(generationId: string): Heard {
  const generations: DocumentData[] = [];
  const songs = new Map<string, string[]>();
  const fail = (error: Error) => {
    throw error;
  };
  const stopGeneration = onSnapshot(doc(db, 'generations', generationId), (found) => generations.push(found.data() ?? {}), fail);
  const own = query(collection(db, 'songs'), where('ownerId', '==', mina.uid), orderBy('createdAt', 'desc'), limit(20));
  const stopSongs = onSnapshot(
    own,
    (found) => {
      for (const { doc: song } of found.docChanges()) songs.set(song.id, [...(songs.get(song.id) ?? []), song.get('state') as string]);
    },
    fail,
  );
  const stop = () => {
    stopGeneration();
    stopSongs();
  };
  return { generations, songs, stop };
}

const asMina = () => ({ token: mina.token });

/** What clients may read: where one is, and what the API says of it. */
const DOCUMENTS: Record<string, { idOf(): Promise<string>; wire(id: string): Promise<object | undefined> }> = {
  users: {
    idOf: () => Promise.resolve(mina.uid),
    wire: async () => {
      const { allowance: _, ...profile } = (await studio.service.call(getProfile, {}, asMina())).body.profile;
      return profile;
    },
  },
  songs: {
    idOf: async () => (await given.song({ owner: mina.uid })).songId,
    wire: async (songId) => (await studio.service.call(getSong, { songId }, asMina())).body.song,
  },
  playlists: {
    idOf: async () => (await given.playlist({ owner: mina.uid })).playlistId,
    wire: async (playlistId) => (await studio.service.call(getPlaylist, { playlistId }, asMina())).body.playlist,
  },
  images: {
    idOf: async () => (await given.image({ owner: mina.uid })).imageId,
    wire: async () => (await studio.service.call(listImages, {}, asMina())).body.items[0],
  },
};

describe('an app that listens instead of asking', () => {
  it('hears of each step of its request until the songs are ready, and of nothing that the API would not say', async () => {
    const asked = await studio.service.call(createSong, { prompt: 'a calm song about paper boats' }, asMina());
    const { generationId } = asked.body.generation;
    const heard = listenTo(generationId);
    const saysReady = () =>
      heard.generations.at(-1)?.['state'] === 'ready' && [...heard.songs.values()].every((each) => each.at(-1) === 'ready');
    await studio.workUntil(() => Promise.resolve(saysReady()), { limitS: 600 });
    const shown = await studio.service.call(getGeneration, { generationId }, asMina());
    heard.stop();
    const states = heard.generations.map(({ state }) => state as string);
    expect(states.filter((state, at) => state !== states[at - 1])).toEqual(expect.arrayContaining(['queued', 'submitted', 'ready']));
    expect(asOnTheWire(heard.generations.at(-1)!)).toEqual(shown.body.generation);
    expect([...heard.songs.keys()].sort()).toEqual(shown.body.generation.songs.map(({ songId }) => songId).sort());
    expect([...heard.songs.values()].map((each) => [each[0], each.at(-1)])).toEqual(
      shown.body.generation.songs.map(() => ['making', 'ready']),
    );
  });

  it.each(Object.entries(DOCUMENTS))('reads its own %s as the API shows them, field by field', async (what, { idOf, wire }) => {
    const id = await idOf();
    const found = await getDoc(doc(db, what, id));
    expect(asOnTheWire(found.data() ?? {})).toEqual(await wire(id));
  });
});
