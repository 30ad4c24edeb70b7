/** Whose a store is: an object in it names the database that says what belongs there. */
import { Readable } from 'node:stream';
import { MediaFault, type MediaStore } from '#shared/media';
import { config, type NewId } from '#shared/runtime';
import { readCopy } from './verifyCopy.ts';

export const OWNER_MARK = 'sori/owner';
/** A mark is one short line; of something longer no more is read. */
const MOST_CHARACTERS = 300;

/** The database of this deployment, as a mark names it. */
export function ownDatabase(): string {
  return `projects/${config().GOOGLE_CLOUD_PROJECT}/databases/(default)`;
}

/** What the mark says: a line that somebody may have written by hand. @returns undefined when there is none @throws {MediaFault} */
export async function readOwner(store: MediaStore, signal?: AbortSignal): Promise<string | undefined> {
  try {
    let text = '';
    for await (const chunk of readCopy(store, OWNER_MARK, signal)) {
      text += chunk.toString();
      if (text.length > MOST_CHARACTERS) break;
    }
    return text.slice(0, MOST_CHARACTERS).trim();
  } catch (error) {
    if (error instanceof MediaFault && error.kind === 'missing') return undefined;
    throw error;
  }
}

/** Marks a store as ours that nobody has marked: one read, and three calls more the first time. @returns whose it is @throws {MediaFault} */
export async function claimStore(store: MediaStore, newId: NewId): Promise<string> {
  const owner = await readOwner(store);
  if (owner !== undefined) return owner;
  const bytes = Buffer.from(ownDatabase());
  const options = { stagingName: `staging/owner-${newId('clm')}`, contentType: 'text/plain', maxBytes: bytes.length };
  const staged = await store.stage(Readable.from([bytes]), options);
  try {
    await store.publish(staged, OWNER_MARK);
    return ownDatabase();
  } catch (error) {
    await store.discard(staged).catch(() => undefined);
    const quicker = error instanceof MediaFault && error.kind === 'damaged' ? await readOwner(store) : undefined;
    if (quicker === undefined) throw error;
    return quicker;
  }
}
