import { listNewest, type PageAsked } from '#shared/runtime';
import { Generation, GenerationId } from './schema.ts';

/** A page of a person's requests, the newest first. */
export function listGenerations(ownerId: string, page: PageAsked) {
  return listNewest(
    { collection: 'generations', where: { ownerId }, id: GenerationId, read: (document) => Generation.parse(document) },
    page,
  );
}
