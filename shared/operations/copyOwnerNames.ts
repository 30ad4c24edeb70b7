/**
 * The owner's name stands in his songs too, as a copy. Whoever changes his name is noted in `userPrivate`, in the same transaction, and
 * the copies follow from here, in steps. Each step asks for copies that differ from the name as it is at that moment, so it may be
 * repeated, run twice at once and die anywhere, and of two changes the last one stays.
 */
import type { QueryDocumentSnapshot } from '@google-cloud/firestore';
import { Allowance, database, fromDocument, hashUid, isConflict, log, nudgeJob, transact, type World } from '#shared/runtime';
import { Song, writeSongSearch } from '#shared/songs';

export const COPY_BOUNDS = {
  /** People in one run. */
  people: 10,
  /** Copies in one transaction. */
  page: 50,
  /** Documents of one run; the next goes on with what is left. */
  reads: 150,
  writes: 170,
  /** Somebody whose name cannot be copied makes room for others, and is tried again so much later. */
  againMs: 15 * 60_000,
};

/** Requests first: what they still make gets the new name, and what they have made by then is found after them. */
const COPIES = ['generationWork', 'songs'];

interface CopyRun {
  world: World;
  signal: AbortSignal;
  bounds?: typeof COPY_BOUNDS;
}

interface Run extends Required<CopyRun> {
  allowance: Allowance;
}

/** @returns how many copies were changed */
export async function copyOwnerNames({ world, signal, bounds = COPY_BOUNDS }: CopyRun): Promise<number> {
  const run: Run = { world, signal, bounds, allowance: new Allowance(bounds) };
  const db = await database();
  const renamed = db.collection('userPrivate').where('renamedAt', '<=', new Date(world.clock.now())).orderBy('renamedAt');
  const { docs: people } = await renamed.limit(bounds.people).get();
  run.allowance.spend({ reads: Math.max(1, people.length) });
  let copies = 0;
  let isDone = people.length < bounds.people;
  for (const person of people) {
    try {
      const done = await copyAll(person, run);
      copies += done.copies;
      isDone &&= done.isDone;
    } catch (error) {
      log.warn('owner_name_not_copied', { uidHash: hashUid(person.id), error });
      await setDue(person, new Date(world.clock.now() + bounds.againMs), run);
    }
  }
  if (!isDone && !signal.aborted) await nudgeJob('watchService', world.clock);
  return copies;
}

interface Done {
  copies: number;
  isDone: boolean;
}

async function copyAll(person: QueryDocumentSnapshot, run: Run): Promise<Done> {
  const done: Done = { copies: 0, isDone: true };
  for (const collection of COPIES) {
    const { copies, isDone } = await copyInto(collection, person.id, run);
    done.copies += copies;
    done.isDone &&= isDone;
  }
  if (done.isDone) await setDue(person, null, run);
  return done;
}

async function copyInto(collection: string, uid: string, run: Run): Promise<Done> {
  for (let copies = 0; ; ) {
    const limit = pageOf(run);
    if (limit < 1 || run.signal.aborted) return { copies, isDone: false };
    const found = await copyPage(collection, uid, limit, run.allowance);
    copies += found;
    if (found < limit) return { copies, isDone: true };
  }
}

/** So many copies as the run may still make: one takes two writes, with what its song is found by. One more is for the person himself. */
function pageOf({ bounds, allowance: { left } }: Run): number {
  return Math.min(bounds.page, left.reads - 1, Math.floor((left.writes - bounds.people) / 2));
}

function copyPage(collection: string, uid: string, limit: number, allowance: Allowance): Promise<number> {
  return transact(async (transaction, db) => {
    const ownerName: unknown = (await transaction.get(db.doc(`users/${uid}`))).get('displayName');
    allowance.spend({ reads: 1 });
    if (typeof ownerName !== 'string') return 0; // deleted meanwhile
    const other = db.collection(collection).where('ownerId', '==', uid).where('ownerName', '!=', ownerName).limit(limit);
    const { docs } = await transaction.get(other);
    allowance.spend({ reads: Math.max(1, docs.length), writes: 2 * docs.length });
    for (const document of docs) {
      transaction.update(document.ref, { ownerName });
      const song = Song.safeParse(fromDocument(document.data())).data; // a request is none
      if (song) writeSongSearch(transaction, db, { ...song, ownerName });
    }
    return docs.length;
  });
}

/** Unless he has changed his name once more since: then there is more to do, and at once. */
async function setDue({ id, ref, updateTime: lastUpdateTime }: QueryDocumentSnapshot, renamedAt: Date | null, run: Run): Promise<void> {
  run.allowance.spend({ writes: 1 });
  try {
    await ref.update({ renamedAt }, { lastUpdateTime });
  } catch (error) {
    if (isConflict(error)) return;
    if (renamedAt === null) throw error;
    log.warn('owner_name_not_put_back', { uidHash: hashUid(id), error });
  }
}
