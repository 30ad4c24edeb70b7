/** The proof: every document of every collection, whatever it is, is looked through for what names a person. */
import type { DocumentSnapshot } from '@google-cloud/firestore';
import { database, within } from '#shared/runtime';

export interface Position {
  collection: string;
  after: string;
}

export interface Looked {
  /** How far it has come; undefined: to the end. */
  position: Position | undefined;
  /** Paths of documents that hold one of the names, in their own or anywhere in them. */
  traces: string[];
}

const CALL_LIMIT_MS = 30_000;

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
  if (collection === undefined) return { position: undefined, traces: [] };
  let page = db.collection(collection).orderBy('__name__').limit(limit);
  if (collection === from?.collection && from.after !== '') page = page.startAfter(from.after);
  const { docs } = await within(CALL_LIMIT_MS, 'a page of documents', page.get());
  const traces = docs
    .filter((document) => document.ref.path !== except && names.some((name) => isTrace(document, name)))
    .map(({ ref }) => ref.path);
  const last = docs.at(-1);
  if (last && docs.length === limit) return { position: { collection, after: last.id }, traces };
  const next = collections.find((id) => id > collection);
  return { position: next === undefined ? undefined : { collection: next, after: '' }, traces };
}

function isTrace(document: DocumentSnapshot, uid: string): boolean {
  return isPart(document.id, uid) || holds(document.data(), uid);
}

function holds(value: unknown, uid: string): boolean {
  if (typeof value === 'string') return isPart(value, uid);
  if (Array.isArray(value)) return value.some((item) => holds(item, uid));
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, field]) => isPart(name, uid) || holds(field, uid));
}

/** As a word of its own: `quotas/mina` names her, and `mina2` is somebody else. */
function isPart(text: string, uid: string): boolean {
  for (let at = text.indexOf(uid); at !== -1; at = text.indexOf(uid, at + 1)) {
    if (!isLetter(text[at - 1]) && !isLetter(text[at + uid.length])) return true;
  }
  return false;
}

function isLetter(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}]/u.test(character);
}
