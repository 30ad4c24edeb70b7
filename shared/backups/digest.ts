/** Digests of documents: equal exactly when path and content are, whatever order the fields came in. */
import { createHash } from 'node:crypto';
import type { Firestore, QueryDocumentSnapshot } from '@google-cloud/firestore';
import { z } from 'zod';
import { readRange } from '#shared/snapshots';

/** One page: of a collection, all documents behind `after`, up to `upTo`. Null: to the end of the collection. */
export const DigestPage = z.object({
  collection: z.string(),
  after: z.string(),
  upTo: z.string().nullable(),
  /** Id and digest of each, in the order of ids. */
  documents: z.array(z.tuple([z.string(), z.string()])),
});
export type DigestPage = z.output<typeof DigestPage>;

export function digestOf(document: QueryDocumentSnapshot): string {
  return createHash('sha256').update(document.ref.path).update('\0').update(canonical(document.data())).digest('hex').slice(0, 32);
}

/** Paths of documents that are missing, changed or too many in a database, as far as a page reaches. @param readAt - by default as it is now */
export async function differencesIn(db: Firestore, page: DigestPage, readAt?: Date): Promise<string[]> {
  const { collection, after, upTo, documents } = page;
  // One more than expected is enough to see that there are too many.
  const range = { collection, after, ...(upTo === null ? {} : { upTo }), limit: documents.length + 1 };
  const found = new Map((await readRange(db, readAt, range)).map((document) => [document.id, digestOf(document)]));
  const expected = new Map(documents);
  const ids = [...new Set([...expected.keys(), ...found.keys()])];
  return ids.filter((id) => expected.get(id) !== found.get(id)).map((id) => `${collection}/${id}`);
}

/** Each kind of value that Firestore has, as text that no other value has. */
function canonical(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return Object.is(value, -0) ? 'n-0' : `n${value}`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value instanceof Uint8Array) return `b${Buffer.from(value).toString('base64')}`;
  const object = value as Record<string, unknown>;
  if (typeof object['toMillis'] === 'function') return `t${String(object['seconds'])}.${String(object['nanoseconds'])}`;
  if (typeof object['latitude'] === 'number') return `g${object['latitude']},${String(object['longitude'])}`;
  if (typeof object['path'] === 'string' && 'firestore' in object) return `r${JSON.stringify(object['path'])}`;
  if (typeof object['toArray'] === 'function') return `v${canonical((object as unknown as { toArray(): number[] }).toArray())}`;
  const fields = Object.keys(object).sort();
  return `{${fields.map((name) => `${JSON.stringify(name)}:${canonical(object[name])}`).join(',')}}`;
}
