/** What holds of requests once nothing is due any more, whatever happened to those who worked on them. */
import type { DocumentData, Firestore } from '@google-cloud/firestore';
import type { MediaStore } from '#shared/media';
import { database } from '#shared/runtime';
import { measureSong } from '../shared/generation/listener.ts';
import type { Studio } from '../support/studio.ts';
import type { Life } from './life.ts';

type Place = { studio: Studio };

/** The longest bound of a request whose provider and storage work: ten minutes for an order that nobody knows of, and a lease on each side. */
const LONGEST_MS = 12 * 60_000;

/**
 * Compares everything that is stored with what the requests say of themselves. The lane must hold nothing else.
 *
 * @returns what is wrong, in words; empty when all is well
 */
export async function findViolations(lane: Place, lives: Life[], acceptedBefore: number): Promise<string[]> {
  const db = await database();
  const faults = faultsOfOrders(lane, lives, acceptedBefore);
  for (const life of lives) {
    faults.push(...(await faultsOfRequest(lane, db, life)).map((fault) => `${life.generationId}: ${fault}`));
  }
  for (const uid of new Set(lives.map(({ listener }) => listener.uid))) faults.push(...(await faultsOfCredits(db, uid)));
  return [...faults, ...(await leftovers(lane, db, lives))];
}

/** No two of the requests ask for the same, so that an order says which one it is for. */
function faultsOfOrders({ studio: { sandbox } }: Place, lives: Life[], acceptedBefore: number): string[] {
  const sinceMs = Math.min(...lives.map(({ askedAtMs }) => askedAtMs));
  const bodies = sandbox.requests().flatMap(({ place, at, body }) => (place === 'generate' && at >= sinceMs ? [JSON.stringify(body)] : []));
  const repeated = bodies.filter((body, index) => bodies.indexOf(body) < index);
  const accepted = sandbox.accepted() - acceptedBefore;
  return [
    ...repeated.map((body) => `ordered again: ${body}`),
    ...(accepted > lives.length ? [`${accepted} orders accepted for ${lives.length} requests`] : []),
  ];
}

async function faultsOfRequest(lane: Place, db: Firestore, life: Life): Promise<string[]> {
  const { listener, generationId, askedAtMs, endedAtMs } = life;
  const { state, songs, failure, credits } = await listener.generation(generationId);
  const faults: string[] = [];
  if (endedAtMs === undefined || endedAtMs - askedAtMs > LONGEST_MS) faults.push(`has not ended in time: ${state}`);
  const events = (await listener.creditEvents(generationId)).join();
  const spent = `${state} ${JSON.stringify(credits)} ${events}`;
  if (state === 'ready') {
    if (spent !== 'ready {"reserved":1,"settled":1,"released":0} reserve,settle') faults.push(`credits: ${spent}`);
    if (songs.length !== (life.deletedSongId ? 1 : 2)) faults.push(`has ${songs.length} songs`);
    for (const { songId, state: songState } of songs) {
      if (songState !== 'ready') faults.push(`${songId} is ${songState}`);
      faults.push(...(await faultsOfSong(lane, db, songId)));
    }
  } else {
    if (spent !== 'failed {"reserved":1,"settled":0,"released":1} release,reserve') faults.push(`credits: ${spent}`);
    if (state !== 'failed' || !failure || songs.length > 0) faults.push(`${state} with ${songs.length} songs, failure ${failure?.code}`);
  }
  return faults;
}

/** Ready means: it plays, it is as long as it says, it has a picture. */
async function faultsOfSong({ studio }: Place, db: Firestore, songId: string): Promise<string[]> {
  const song = (await db.doc(`songs/${songId}`).get()).data();
  const shown = `${song?.['state']} ${song?.['hasCover']}`;
  const faults = shown === 'ready true' ? [] : [`${songId}: state and cover are ${shown}`];
  try {
    const { said, found, durationMs } = await measureSong(studio, songId);
    const differs = said.bytes !== found.bytes || said.sha256 !== found.sha256 || song?.['durationMs'] !== durationMs;
    return differs ? [...faults, `${songId}: what is stored is not what is said`] : faults;
  } catch (error) {
    return [...faults, `${songId} does not play: ${String(error)}`];
  }
}

async function faultsOfCredits(db: Firestore, uid: string): Promise<string[]> {
  const entries = (await db.collection('ledger').where('uid', '==', uid).get()).docs;
  const sum = entries.reduce((total, entry) => total + Number(entry.get('amount')), 0);
  const balance: unknown = (await db.doc(`quotas/${uid}`).get()).get('balance');
  return sum === balance ? [] : [`the balance is ${balance}, the sum of the ledger ${sum}`];
}

/** Nothing is stored that no request knows of, and nothing is due. */
async function leftovers({ studio }: Place, db: Firestore, lives: Life[]): Promise<string[]> {
  const known = await Promise.all(lives.map(async ({ listener, generationId }) => (await listener.generation(generationId)).songs));
  const songIds = known.flat().map(({ songId }) => songId);
  const [songs, media, work, names] = await Promise.all([
    documents(db, 'songs'),
    documents(db, 'songMedia'),
    documents(db, 'generationWork'),
    namesOfAll(studio.storage.store),
  ]);
  const kept = media.filter(({ data }) => data['audio'] !== null || data['cover'] !== null);
  const stored = kept.flatMap(({ data }) => [data['audio'], data['cover']] as ({ name: string } | null)[]);
  const due = work.filter(({ data }) => data['kind'] !== 'generation' || data['dueAt'] !== undefined);
  return [
    ...different(
      'songs',
      songs.map(({ id }) => id),
      songIds,
    ),
    ...different(
      'songs with bytes',
      kept.map(({ id }) => id),
      songIds,
    ),
    ...different(
      'objects',
      names,
      stored.map((object) => object?.name ?? 'none'),
    ),
    ...due.map(({ id, data }) => `${id} is still there: ${data['kind']}, due ${data['dueAt']?.toDate().toISOString()}`),
  ];
}

function different(what: string, found: string[], wanted: string[]): string[] {
  const [isThere, belongs] = [found.toSorted().join(' '), wanted.toSorted().join(' ')];
  return isThere === belongs ? [] : [`${what}: there are [${isThere}], and there belong [${belongs}]`];
}

async function namesOfAll(store: MediaStore): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of store.list('')) names.push(name);
  return names;
}

async function documents(db: Firestore, collection: string): Promise<{ id: string; data: DocumentData }[]> {
  return (await db.collection(collection).get()).docs.map((document) => ({ id: document.id, data: document.data() }));
}

/** Every document of requests and songs with the time when it was written, a line each. */
export async function listWrites(): Promise<string[]> {
  const db = await database();
  const found = await Promise.all([...COLLECTIONS, 'ledger'].map(async (name) => (await db.collection(name).get()).docs));
  return found.flat().map(({ ref, updateTime }) => `${ref.path} at ${updateTime.toDate().toISOString()}`);
}

const COLLECTIONS = ['songs', 'songMedia', 'generationWork', 'generations'];

/** Removes everything that requests have left, good or bad, so that the next finds an empty place. */
export async function sweep({ studio }: Place): Promise<void> {
  const db = await database();
  const found = await Promise.all([...COLLECTIONS, 'dependencies'].map((name) => db.collection(name).listDocuments()));
  const batch = db.batch();
  for (const document of found.flat()) batch.delete(document);
  const { store } = studio.storage;
  await Promise.all([batch.commit(), ...(await namesOfAll(store)).map((name) => store.delete(name))]);
}
