import { z } from 'zod';
import { database, decodeCursor, encodeCursor, fromDocument, problem } from '#shared/runtime';
import { Generation, GenerationId } from './schema.ts';

interface Page {
  limit: number;
  cursor?: string | undefined;
}

/** Firestore's times begin with the year 1. */
const At = z.iso
  .datetime()
  .refine((at) => !at.startsWith('0000'))
  .transform((at) => new Date(at));
/** Anybody can write a cursor: it is checked like all input. */
const Position = z.tuple([At, GenerationId]);

/** A person's requests, the newest first. */
export async function listGenerations(uid: string, { limit, cursor }: Page): Promise<{ items: Generation[]; nextCursor: string | null }> {
  const db = await database();
  const scope = `generations:${uid}`;
  let query = db.collection('generations').where('ownerId', '==', uid).orderBy('createdAt', 'desc').orderBy('__name__', 'desc');
  if (cursor !== undefined) {
    const position = Position.safeParse(decodeCursor(scope, cursor)).data;
    if (!position) throw problem('invalid_input', { issues: [{ path: 'cursor', message: 'is not a cursor of this list' }] });
    query = query.startAfter(...position);
  }
  const found = (await query.limit(limit + 1).get()).docs.map((document) => Generation.parse(fromDocument(document.data())));
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: found.length > limit && last ? encodeCursor(scope, [last.createdAt, last.generationId]) : null };
}
