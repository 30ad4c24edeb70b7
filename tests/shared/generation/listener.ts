/** A person who asks for songs, and what tests want to know of the requests: read from the database, past the service. */
import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { z } from 'zod';
import { CreateSongInput, createGeneration, Generation } from '#shared/generation';
import { Claim } from '#shared/limits';
import { database, fromDocument, newId } from '#shared/runtime';
import { createFrameCounter, readSongMedia, type Song, toSong } from '#shared/songs';
import { signUp } from '../../../functions/accounts/signUp.ts';
import type { Studio } from '../../support/studio.ts';

export interface Listener {
  uid: string;
  token: string;
  /** Asks for a song as `createSong` does, and gives its request's id. One and the same text by default: its sound is made only once. */
  ask(input?: Partial<z.input<typeof CreateSongInput>>): Promise<string>;
  generation(generationId: string): Promise<Generation>;
  /** Songs of a request as they are stored. */
  songs(generationId: string): Promise<Song[]>;
  /** What the ledger says of this request, in order. */
  creditEvents(generationId: string): Promise<string[]>;
  /** The balance that is stored, and the sum of all entries. They are to be equal. */
  credits(): Promise<{ balance: number; sum: number }>;
}

const SONGS_PER_DAY = 500;

export async function newListener(studio: Studio): Promise<Listener> {
  const email = `${randomBytes(6).toString('hex')}@sori.example`;
  const { status, text, body } = await studio.service.call(signUp, { email, password: 'a long password', displayName: 'Mina' });
  if (status !== 201) throw new Error(`signUp answered ${status}: ${text}`);
  const { uid, idToken } = body.session;
  const db = await database();
  await db.doc(`quotas/${uid}`).set({ grantedOn: '2000-01-01', balance: 0, songsPerDay: SONGS_PER_DAY });
  const entries = async () => (await db.collection('ledger').where('uid', '==', uid).get()).docs.map((entry) => entry.data());
  return {
    uid,
    token: idToken,
    ask: async (input = {}) => {
      const parsed = CreateSongInput.parse({ prompt: 'a calm song about paper boats', ...input });
      const asking = { uid, input: parsed, claim: new Claim(undefined), now: new Date(studio.clock.now()), newId };
      return (await createGeneration(asking)).generationId;
    },
    generation: readGeneration,
    songs: async (generationId) => {
      const { songs } = await readGeneration(generationId);
      const found = await Promise.all(songs.map(async ({ songId }) => toSong(await db.doc(`songs/${songId}`).get())));
      return found.filter((song) => song !== undefined);
    },
    creditEvents: async (generationId) =>
      (await entries())
        .filter((entry) => entry['generationId'] === generationId)
        .map((entry) => String(entry['kind']))
        .sort(),
    credits: async () => {
      const balance = Number((await db.doc(`quotas/${uid}`).get()).get('balance'));
      return { balance, sum: (await entries()).reduce((sum, entry) => sum + Number(entry['amount']), 0) };
    },
  };
}

async function readGeneration(generationId: string): Promise<Generation> {
  const db = await database();
  return Generation.parse(fromDocument((await db.doc(`generations/${generationId}`).get()).data() ?? {}));
}

/** The stored sound of a song, measured anew: what `ready` promises (G4). */
export async function measureSong({ storage }: Studio, songId: string) {
  const audio = (await readSongMedia(songId))?.audio;
  if (!audio) throw new Error(`${songId} has no sound`);
  const bytes = await buffer((await storage.store.open(audio.name)).body);
  const frames = createFrameCounter();
  frames.push(bytes);
  return {
    said: { bytes: audio.bytes, sha256: audio.sha256 },
    found: { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
    durationMs: frames.end().durationMs,
    content: bytes,
  };
}

/** What the worker still has to do for a request; undefined when nothing. */
export async function dueAtOf(generationId: string): Promise<Date | undefined> {
  const db = await database();
  return (await db.doc(`generationWork/${generationId}`).get()).get('dueAt')?.toDate();
}

/** The provider's ids of the songs of a request. */
export async function taskIdsOf(generationId: string): Promise<string[]> {
  return (await songsInWork(generationId)).map(({ taskId }) => taskId);
}

/** How often each song's sound was fetched in vain, as the worker has written it down. */
export async function countedDownloads(generationId: string): Promise<number[]> {
  return (await songsInWork(generationId)).map(({ downloads }) => downloads);
}

async function songsInWork(generationId: string): Promise<{ taskId: string; downloads: number }[]> {
  const db = await database();
  return (await db.doc(`generationWork/${generationId}`).get()).get('songs');
}

/** Checksums of the covers of a request's songs, as they are stored. Those of one text are the same pictures again, but for drawn ones. */
export async function coversOf(generationId: string): Promise<(string | undefined)[]> {
  const { songs } = await readGeneration(generationId);
  return Promise.all(songs.map(async ({ songId }) => (await readSongMedia(songId))?.cover?.sha256));
}
