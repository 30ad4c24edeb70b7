/**
 * The owner's name stands in his songs too, as a copy. Whoever changes his name is noted in `userPrivate`, in the same transaction, and
 * the copies follow from here, in steps. Each step asks for copies that differ from the name as it is at that moment, so it may be
 * repeated, run twice at once and die anywhere, and of two changes the last one stays.
 */
import type { QueryDocumentSnapshot } from '@google-cloud/firestore';
import { database, fromDocument, hashUid, isConflict, log, nudgeJob, transact, type World } from '#shared/runtime';
import { Song, writeSongSearch } from '#shared/songs';

export const COPY_BOUNDS = {
  /** People in one run. */
  people: 10,
  /** Copies in one transaction, and transactions in one run. */
  page: 50,
  pages: 40,
};

/** Requests first: what they still make gets the new name, and what they have made by then is found after them. */
const COPIES = ['generationWork', 'songs'];

interface CopyRun {
  world: World;
  signal: AbortSignal;
  bounds?: typeof COPY_BOUNDS;
}

/** @returns how many copies were changed */
export async function copyOwnerNames({ world, signal, bounds = COPY_BOUNDS }: CopyRun): Promise<number> {
  const db = await database();
  const renamed = db.collection('userPrivate').where('renamedAt', '<=', new Date(world.clock.now())).orderBy('renamedAt');
  const left = { pages: bounds.pages };
  let copies = 0;
  for (const person of (await renamed.limit(bounds.people).get()).docs) {
    try {
      for (const collection of COPIES) copies += await copyInto(collection, person.id, { signal, bounds, left });
      if (left.pages > 0 && !signal.aborted) await forgetChange(person);
    } catch (error) {
      log.warn('owner_name_not_copied', { uidHash: hashUid(person.id), error });
    }
  }
  if (left.pages <= 0) await nudgeJob('watchService', world.clock);
  return copies;
}

type Steps = Required<Pick<CopyRun, 'signal' | 'bounds'>> & { left: { pages: number } };

async function copyInto(collection: string, uid: string, { signal, bounds, left }: Steps): Promise<number> {
  let copies = 0;
  let found = bounds.page;
  while (found === bounds.page && left.pages > 0 && !signal.aborted) {
    left.pages -= 1;
    found = await copyPage(collection, uid, bounds.page);
    copies += found;
  }
  return copies;
}

function copyPage(collection: string, uid: string, limit: number): Promise<number> {
  return transact(async (transaction, db) => {
    const ownerName: unknown = (await transaction.get(db.doc(`users/${uid}`))).get('displayName');
    if (typeof ownerName !== 'string') return 0; // deleted meanwhile
    const other = db.collection(collection).where('ownerId', '==', uid).where('ownerName', '!=', ownerName).limit(limit);
    const { docs } = await transaction.get(other);
    for (const document of docs) {
      transaction.update(document.ref, { ownerName });
      const song = Song.safeParse(fromDocument(document.data())).data; // a request is none
      if (song) writeSongSearch(transaction, db, { ...song, ownerName });
    }
    return docs.length;
  });
}

/** Unless he has changed it once more since: then there is more to do. */
async function forgetChange({ ref, updateTime: lastUpdateTime }: QueryDocumentSnapshot): Promise<void> {
  try {
    await ref.update({ renamedAt: null }, { lastUpdateTime });
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
}
