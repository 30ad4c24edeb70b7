/** Everything of everybody, the newest first, narrowed to what equals the given fields. */
import { z } from 'zod';
import { Generation, GenerationId } from '#shared/generation';
import { AuditEntry } from '#shared/operations';
import { idOf, listNewest, type PageAsked } from '#shared/runtime';
import { Song, SongId } from '#shared/songs';

type Filter = Record<string, string | undefined>;

function equalTo(filter: Filter): Record<string, string> {
  return Object.fromEntries(Object.entries(filter).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

export function listAllSongs(
  filter: { state?: string | undefined; ownerId?: string | undefined; visibility?: string | undefined },
  page: PageAsked,
) {
  return listNewest({ collection: 'songs', where: equalTo(filter), id: SongId, read: (document) => Song.parse(document) }, page);
}

export function listAllGenerations(filter: { state?: string | undefined; ownerId?: string | undefined }, page: PageAsked) {
  const read = (document: Record<string, unknown>) => Generation.parse(document);
  return listNewest({ collection: 'generations', where: equalTo(filter), id: GenerationId, read }, page);
}

/** Entries of before there was a target or a request have none. */
const Stored = AuditEntry.extend({ target: z.string().default(''), requestId: z.string().nullable().default(null) });

export function listAudit(filter: { actorId?: string | undefined; action?: string | undefined }, page: PageAsked) {
  return listNewest({ collection: 'audit', where: equalTo(filter), id: idOf('aud'), read: (entry) => Stored.parse(entry) }, page);
}
