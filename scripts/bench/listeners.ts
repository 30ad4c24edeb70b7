/** People who look at their songs, and people who ask for new ones: by HTTP, signed in, at a given pace. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { database, newId, toDocument } from '#shared/runtime';

export interface Person {
  uid: string;
  token: string;
  /** Each comes from an address of its own. */
  address: string;
  /** Of the list that he has seen last. */
  etag: string | undefined;
}

/** What is listed: one's own songs, read anew each time; the same, told that nothing has changed; everybody's. */
export const LISTS = ['own', 'unchanged', 'public'] as const;
export type List = (typeof LISTS)[number];

/** Milliseconds until the last byte was there, and answers that were no list. */
export interface Looked {
  ms: Record<List, number[]>;
  faults: number;
}

export async function signUpPeople(url: string, count: number): Promise<Person[]> {
  const people: Person[] = [];
  for (let index = 0; index < count; index += 1) {
    const address = `10.1.${index >> 8}.${index & 255}`;
    const body = { email: `${randomBytes(6).toString('hex')}@sori.example`, password: 'a long password', displayName: 'Mina' };
    const answer = await call(url, 'signUp', { address, body });
    const { session } = (await answer.json()) as { session: { uid: string; idToken: string } };
    people.push({ uid: session.uid, token: session.idToken, address, etag: undefined });
  }
  return people;
}

/** So many songs that are ready, every second of them for everybody. */
export async function giveSongs({ uid }: Person, count: number): Promise<void> {
  const db = await database();
  const batch = db.batch();
  for (let index = 0; index < count; index += 1) {
    const songId = newId('sng');
    const at = new Date(Date.now() - index * 60_000).toISOString();
    const fixed = {
      generationId: null,
      ownerName: 'Mina',
      style: 'folk',
      lyrics: null,
      instrumental: false,
      hasCover: false,
      likes: 0,
      plays: 0,
    };
    const audio = { contentType: 'audio/mpeg', bytes: 20_000 };
    const visibility = index % 2 === 0 ? 'private' : 'public';
    const own = { songId, ownerId: uid, title: `Paper boats ${index}`, visibility, state: 'ready', durationMs: 1_000, audio };
    batch.set(db.doc(`songs/${songId}`), toDocument({ ...fixed, ...own, createdAt: at, updatedAt: at }));
  }
  await batch.commit();
}

/** Calls begin at their times, whether or not those before have been answered: a slow answer delays nobody else's question. */
export async function look(url: string, people: Person[], { forMs, perSecond }: { forMs: number; perSecond: number }): Promise<Looked> {
  const looked: Looked = { ms: { own: [], unchanged: [], public: [] }, faults: 0 };
  const endsAtMs = performance.now() + forMs;
  const calls: Promise<void>[] = [];
  for (let count = 0; performance.now() < endsAtMs; count += 1) {
    const person = people[count % people.length]!;
    const list = LISTS[Math.floor(count / people.length) % LISTS.length]!;
    calls.push(lookOnce(url, person, list, looked));
    await sleep(1000 / perSecond);
  }
  await Promise.all(calls);
  return looked;
}

async function lookOnce(url: string, person: Person, list: List, looked: Looked): Promise<void> {
  const fromMs = performance.now();
  const query = `listSongs?scope=${list === 'public' ? 'public' : 'mine'}`;
  const asker = list === 'public' ? { address: person.address } : person;
  const answer = await call(url, query, { ...asker, etag: list === 'unchanged' ? person.etag : undefined }).catch(() => undefined);
  await answer?.arrayBuffer();
  looked.ms[list].push(performance.now() - fromMs);
  if (!answer || ![200, 304].includes(answer.status)) looked.faults += 1;
  if (list === 'own') person.etag = answer?.headers.get('etag') ?? person.etag;
}

/** Asks for songs until `signal` ends. @returns how often each status was answered */
export async function ask(url: string, people: Person[], perSecond: number, signal: AbortSignal): Promise<Record<string, number>> {
  const statuses: Record<string, number> = {};
  const calls: Promise<void>[] = [];
  for (let count = 0; !signal.aborted; count += 1) {
    calls.push(askOnce(url, people[count % people.length]!, statuses));
    await sleep(1000 / perSecond, undefined, { signal }).catch(() => undefined);
  }
  await Promise.all(calls);
  return statuses;
}

async function askOnce(url: string, person: Person, statuses: Record<string, number>): Promise<void> {
  const answer = await call(url, 'createSong', { ...person, body: { prompt: 'a calm song about paper boats' } }).catch(() => undefined);
  await answer?.arrayBuffer();
  const status = String(answer?.status ?? 'none');
  statuses[status] = (statuses[status] ?? 0) + 1;
}

interface Call {
  address: string;
  token?: string;
  etag?: string | undefined;
  body?: object;
}

export function call(url: string, path: string, { address, token, etag, body }: Call): Promise<Response> {
  const headers = {
    'x-forwarded-for': address,
    ...(token ? { authorization: `Bearer ${token}` } : {}),
    ...(etag ? { 'if-none-match': etag } : {}),
    ...(body ? { 'content-type': 'application/json' } : {}),
  };
  const content = body ? { method: 'POST', body: JSON.stringify(body) } : {};
  return fetch(`${url}/${path}`, { headers, signal: AbortSignal.timeout(30_000), ...content });
}
