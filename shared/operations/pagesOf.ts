import type { DocumentSnapshot, Query } from '@google-cloud/firestore';
import { database, within } from '#shared/runtime';

/** Documents of a page, at most. */
export const PAGE = 250;
const CALL_LIMIT_MS = 30_000;

/**
 * The documents of a collection, a page at a time, so that memory does not grow with it. Each is read once.
 *
 * @param since - only what has this time or a later one, oldest first; by default everything, by id
 * @param afterId - where to go on with everything
 */
export async function* pagesOf(
  collection: string,
  since?: { field: string; at: Date },
  afterId?: string,
): AsyncGenerator<DocumentSnapshot[]> {
  const all = (await database()).collection(collection);
  const asked = (since ? all.where(since.field, '>=', since.at).orderBy(since.field) : all.orderBy('__name__')).limit(PAGE);
  let page = await read(afterId === undefined ? asked : asked.startAfter(afterId));
  while (page.length > 0) {
    yield page;
    page = page.length < PAGE ? [] : await read(asked.startAfter(page.at(-1)));
  }
}

async function read(query: Query): Promise<DocumentSnapshot[]> {
  return (await within(CALL_LIMIT_MS, 'a page of documents', query.get())).docs;
}
