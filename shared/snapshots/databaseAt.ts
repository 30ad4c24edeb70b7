/** What a database had at an instant: its collections, how many documents each has, and all of them, a page at a time in the order of ids. */
import type { Firestore, QueryDocumentSnapshot } from '@google-cloud/firestore';
import { within } from '#shared/runtime';

const PAGE = 300;
const CALL_LIMIT_MS = 30_000;

export interface Position {
  collection: string;
  /** The last id that has been looked at; empty: none yet. */
  id: string;
}

export interface DocumentPage {
  collection: string;
  /** The ids begin behind this one. */
  after: string;
  documents: QueryDocumentSnapshot[];
  /** Where to go on; undefined: it was the last. */
  next: Position | undefined;
}

export interface WhatToRead {
  /** Undefined: as it is now. */
  readAt: Date | undefined;
  /** Sorted. */
  collections: string[];
  from?: Position | null;
  limit?: number;
}

export async function* pagesAt(db: Firestore, { readAt, collections, from, limit = PAGE }: WhatToRead): AsyncGenerator<DocumentPage> {
  const following = (after: string) => {
    const collection = collections.find((id) => id > after);
    return collection === undefined ? undefined : { collection, id: '' };
  };
  let position = from ?? following('');
  while (position) {
    const { collection, id: after } = position;
    const documents = await readRange(db, readAt, { collection, after, limit });
    const last = documents.at(-1);
    position = last && documents.length === limit ? { collection, id: last.id } : following(collection);
    if (documents.length > 0) yield { collection, after, documents, next: position };
  }
}

interface Range {
  collection: string;
  after: string;
  /** The last id of the range; undefined: to the end. */
  upTo?: string;
  limit: number;
}

export function readRange(db: Firestore, readAt: Date | undefined, { collection, after, upTo, limit }: Range) {
  let page = db.collection(collection).orderBy('__name__').limit(limit);
  if (after !== '') page = page.startAfter(after);
  if (upTo !== undefined) page = page.endAt(upTo);
  const read = async () => (await (readAt ? at(db, readAt, (transaction) => transaction.get(page)) : page.get())).docs;
  return within(CALL_LIMIT_MS, 'a page of documents', read());
}

/** Runs reads in a view of the database as it was. Needs an instant of the last hour, or of the last 7 days with point-in-time recovery. */
async function at<T>(db: Firestore, readAt: Date, work: (transaction: FirebaseFirestore.Transaction) => Promise<T>): Promise<T> {
  const { Timestamp } = await import('./adminClient.ts');
  return db.runTransaction(work, { readOnly: true, readTime: Timestamp.fromDate(readAt) });
}

/** As they are now, sorted: Firestore lists none of the past. */
export async function collectionsOf(db: Firestore): Promise<string[]> {
  const collections = await within(CALL_LIMIT_MS, 'the list of collections', db.listCollections());
  return collections.map(({ id }) => id).sort();
}

/** How many documents each collection has, counted by the database itself. @param then - by default as it is now */
export async function countAll(db: Firestore, then?: { readAt: Date; collections: string[] }): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const id of then?.collections ?? (await collectionsOf(db))) {
    const asked = db.collection(id).count();
    const answer = then ? at(db, then.readAt, (transaction) => transaction.get(asked)) : asked.get();
    const { count } = (await within(CALL_LIMIT_MS, 'a count of documents', answer)).data();
    if (count > 0) counts[id] = count;
  }
  return counts;
}

export function sumOfCounts(counts: Record<string, number>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** Collections whose numbers differ, with both. */
export function differingCounts(expected: Record<string, number>, found: Record<string, number>): string[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(found)])].sort();
  return names
    .filter((name) => (expected[name] ?? 0) !== (found[name] ?? 0))
    .map((name) => `${name}: ${expected[name] ?? 0} expected, ${found[name] ?? 0} found`);
}
