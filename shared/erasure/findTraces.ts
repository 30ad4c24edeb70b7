/** The proof: every document of every collection, whatever it is, is looked through for what names a person. */
import type { DocumentSnapshot } from '@google-cloud/firestore';
import { database, within } from '#shared/runtime';
import { isNamedIn } from './nameInText.ts';

export interface Position {
  collection: string;
  after: string;
}

export interface Looked {
  /** How far it has come; undefined: to the end. */
  position: Position | undefined;
  /** Documents that were read. */
  documentCount: number;
  /** Paths of documents that hold one of the names, in their own or in an id anywhere in them. */
  traces: string[];
}

const CALL_LIMIT_MS = 30_000;

/** What people write as they like, what is made of it, and what the provider says of it: a uid is public, so anybody can put one there. */
const FREE_TEXTS = new Set([
  ...['title', 'style', 'lyrics', 'prompt', 'displayName', 'ownerName', 'email'],
  ...['tokens', 'detail', 'reason'],
]);

/**
 * Looks through one page, of one collection.
 *
 * @param names - the uid, and whatever else stands for it
 * @param except - a document that has to know it, for it says what to look for
 */
export async function findTraces(
  names: string[],
  from: Position | null,
  { limit, except }: { limit: number; except: string },
): Promise<Looked> {
  const db = await database();
  const collections = (await within(CALL_LIMIT_MS, 'the list of collections', db.listCollections())).map(({ id }) => id).sort();
  const collection = collections.find((id) => id >= (from?.collection ?? ''));
  if (collection === undefined) return { position: undefined, documentCount: 0, traces: [] };
  let page = db.collection(collection).orderBy('__name__').limit(limit);
  if (collection === from?.collection && from.after !== '') page = page.startAfter(from.after);
  const { docs } = await within(CALL_LIMIT_MS, 'a page of documents', page.get());
  const traces = docs
    .filter((document) => document.ref.path !== except && names.some((name) => isTrace(document, name)))
    .map(({ ref }) => ref.path);
  const last = docs.at(-1);
  if (last && docs.length === limit) return { position: { collection, after: last.id }, documentCount: docs.length, traces };
  const next = collections.find((id) => id > collection);
  return { position: next === undefined ? undefined : { collection: next, after: '' }, documentCount: docs.length, traces };
}

function isTrace(document: DocumentSnapshot, uid: string): boolean {
  return isNamedIn(document.id, uid) || holds(document.data(), uid);
}

function holds(value: unknown, uid: string): boolean {
  if (typeof value === 'string') return isId(value) && isNamedIn(value, uid);
  if (Array.isArray(value)) return value.some((item) => holds(item, uid));
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, field]) => isNamedIn(name, uid) || (!FREE_TEXTS.has(name) && holds(field, uid)));
}

/** Ids, and the names and paths made of them, have no blanks. */
function isId(text: string): boolean {
  return !/\s/.test(text);
}
