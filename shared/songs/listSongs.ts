import type { DocumentSnapshot, Firestore, Query, QueryDocumentSnapshot } from '@google-cloud/firestore';
import type { Caller } from '#shared/access';
import { Cache, type Clock, database, log, type PageAsked } from '#shared/runtime';
import { readPage, type SongSort } from './readPage.ts';
import type { Song } from './schema.ts';
import { isFoundBy, rarestOf, tokenFor, wordsOf } from './searchWords.ts';
import { beginRemembering, changesSeen, mustReadAfresh, rememberSongs, SHARED_AGE_MS, sharedSong } from './sharedSongs.ts';
import { isListed, SONG_SEARCH } from './songSearch.ts';
import { toSong } from './store.ts';

export interface SongPage {
  items: Song[];
  nextCursor: string | null;
}

interface Wanted extends PageAsked {
  sort: SongSort;
  /** What is searched for. @default everything */
  query?: string | undefined;
}

/** Whose songs are listed, and how the database is asked for them. */
interface Shelf {
  scope: string;
  songs(db: Firestore): Query;
  found(db: Firestore): Query;
  /** Whether a song belongs here: what is found is looked at once more. */
  has(song: Song): boolean;
}

/** A person's own songs, in every state. */
export function listOwnSongs(uid: string, wanted: Wanted): Promise<SongPage> {
  const own = (db: Firestore, collection: string) => db.collection(collection).where('ownerId', '==', uid);
  return list(wanted, {
    scope: `mine:${uid}`,
    songs: (db) => own(db, 'songs'),
    found: (db) => own(db, SONG_SEARCH),
    has: ({ ownerId }) => ownerId === uid,
  });
}

/** The songs of everybody that are public and ready: for everybody but those who have just changed one, from what others were given lately. */
export async function listPublicSongs(wanted: Wanted, caller: Caller, clock: Clock): Promise<SongPage> {
  let isReadNow = false;
  const read = async () => {
    isReadNow = true;
    const began = beginRemembering(clock);
    const page = await list(wanted, PUBLIC);
    rememberSongs(page.items, began);
    return page;
  };
  if (caller.kind === 'user' && caller.role === 'admin') return read();
  // At once: neither waits for the other, and what was read just now need not be read again.
  const shared = pages.get(JSON.stringify([changesSeen(), Object.entries(wanted).sort()]), clock, read);
  const [page, hasChanged] = await Promise.all([shared, caller.kind === 'user' && hasChangedLately(caller.uid, clock)]);
  if (hasChanged && !isReadNow) return read();
  const mayBeGone = !isReadNow && page.items.some((song) => mustReadAfresh(caller, song)); // deleted by its owner, who reads this
  if (mayBeGone) return read();
  return { ...page, items: page.items.map((song) => asListedNow(song, clock)) };
}

/** With what is known of it since the list was read. */
function asListedNow(song: Song, clock: Clock): Song {
  const known = sharedSong(song.songId, clock);
  return known && isListed(known) ? known : song;
}

const PUBLIC: Shelf = {
  scope: 'public',
  songs: (db) => db.collection('songs').where('visibility', '==', 'public').where('state', '==', 'ready'),
  found: (db) => db.collection(SONG_SEARCH).where('isListed', '==', true),
  has: isListed,
};

/** Few, because a page may have a hundred songs with their lyrics. */
const pages = new Cache<SongPage>({ maxEntries: 40, maxAgeMs: SHARED_AGE_MS });
/** Clocks of instances differ. */
const MARGIN_MS = 60_000;

/** Whoever changes a song reads it changed, in this process or another: one read, and mostly of nothing. */
async function hasChangedLately(uid: string, clock: Clock): Promise<boolean> {
  const db = await database();
  const since = new Date(clock.now() - SHARED_AGE_MS - MARGIN_MS);
  const changed = db.collection('songs').where('ownerId', '==', uid).where('updatedAt', '>=', since);
  return !(await changed.limit(1).select('updatedAt').get()).empty;
}

async function list({ query, ...page }: Wanted, shelf: Shelf): Promise<SongPage> {
  const db = await database();
  if (query !== undefined) return search(db, wordsOf(query), page, shelf);
  const { documents, nextCursor } = await readPage(shelf.songs(db), { scope: shelf.scope, ...page });
  return { items: documents.flatMap((document) => readSong(document) ?? []), nextCursor };
}

/**
 * Reads a page of what one word finds, and of those the songs that all words find: at most twice as many documents as the page may
 * have, so a page can be short, or empty, and yet not be the last.
 */
async function search(db: Firestore, words: string[], page: Omit<Wanted, 'query'>, shelf: Shelf): Promise<SongPage> {
  const tokens = words.map(tokenFor);
  const rarest = rarestOf(tokens);
  if (rarest === undefined) return { items: [], nextCursor: null }; // signs only: they are in no index
  const filtered = shelf.found(db).where('tokens', 'array-contains', rarest);
  const { documents, nextCursor } = await readPage(filtered, { scope: `${shelf.scope}:${words.join(' ')}`, ...page });
  const candidates = documents.filter((document) => hasAll(document, tokens));
  const songs = candidates.length > 0 ? await db.getAll(...candidates.map(({ id }) => db.doc(`songs/${id}`))) : [];
  const found = songs.flatMap((document) => readSong(document) ?? []);
  return { items: found.filter((song) => shelf.has(song) && isFoundBy(song, words)), nextCursor };
}

function hasAll(document: QueryDocumentSnapshot, tokens: string[]): boolean {
  const own = document.get('tokens') as unknown;
  return Array.isArray(own) && tokens.every((token) => own.includes(token));
}

/** One that somebody has spoiled by hand must not take the others with it. */
function readSong(document: DocumentSnapshot): Song | undefined {
  try {
    return toSong(document);
  } catch (error) {
    log.warn('song_unreadable', { songId: document.id, error });
    return undefined;
  }
}
