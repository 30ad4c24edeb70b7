import type { FindAll } from '#shared/access';
import { problem } from '#shared/runtime';
import { MOST_ADDED } from './schema.ts';

/** @throws `not_found` when the caller may not read one of the songs; `invalid_input` when they are more than one call may add */
export async function requireReadable(added: string[], findSongs: FindAll<unknown>): Promise<void> {
  if (added.length > MOST_ADDED) {
    throw problem('invalid_input', { issues: [{ path: 'songIds', message: `adds more than ${MOST_ADDED} songs at once` }] });
  }
  if (added.length > 0) await findSongs(added);
}
