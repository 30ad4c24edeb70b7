import { database, decodeCursor, encodeCursor, fromDocument } from '#shared/runtime';
import { Generation } from './schema.ts';

interface Page {
  limit: number;
  cursor?: string | undefined;
}

/** A person's requests, the newest first. */
export async function listGenerations(uid: string, { limit, cursor }: Page): Promise<{ items: Generation[]; nextCursor: string | null }> {
  const db = await database();
  const scope = `generations:${uid}`;
  let query = db.collection('generations').where('ownerId', '==', uid).orderBy('createdAt', 'desc').orderBy('generationId', 'desc');
  if (cursor !== undefined) {
    const [createdAt, generationId] = decodeCursor(scope, cursor);
    query = query.startAfter(new Date(createdAt ?? 0), generationId);
  }
  const found = (await query.limit(limit + 1).get()).docs.map((document) => Generation.parse(fromDocument(document.data())));
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: found.length > limit && last ? encodeCursor(scope, [last.createdAt, last.generationId]) : null };
}
