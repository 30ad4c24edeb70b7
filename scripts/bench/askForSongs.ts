/** Many people ask for songs: their requests are put straight into the database, as `createSong` does it behind HTTP. */
import { randomUUID } from 'node:crypto';
import { CreateSongInput, createGeneration } from '#shared/generation';
import { Claim } from '#shared/limits';
import { database, inParallel, newId, toDocument } from '#shared/runtime';

interface Asking {
  requests: number;
  users: number;
  prompt: string;
  onAsked?: (count: number) => void;
}

const AT_ONCE = 8;

/** @returns the ids of the requests */
export async function askForSongs({ requests, users, prompt, onAsked = () => undefined }: Asking): Promise<string[]> {
  const ids: string[] = [];
  const people = await addPeople(Math.min(users, requests), requests);
  const input = CreateSongInput.parse({ prompt });
  await inParallel(people, AT_ONCE, async (uid) => {
    const share = Math.ceil((requests - people.indexOf(uid)) / people.length); // one after the other: they share a balance
    for (let count = 0; count < share; count += 1) {
      const { generationId } = await createGeneration({ uid, input, claim: new Claim(undefined), now: new Date(), newId });
      ids.push(generationId);
      onAsked(ids.length);
    }
  });
  return ids;
}

async function addPeople(count: number, songsPerDay: number): Promise<string[]> {
  const db = await database();
  const uids = Array.from({ length: count }, () => `listener-${randomUUID()}`);
  const now = new Date().toISOString();
  await inParallel(uids, AT_ONCE, async (uid) => {
    const user = { uid, email: `${uid}@sori.example`, displayName: 'Mina', locale: 'ko', role: 'user', createdAt: now };
    const quota = { grantedOn: '2000-01-01', balance: 0, songsPerDay };
    await db
      .batch()
      .set(db.doc(`users/${uid}`), toDocument(user))
      .set(db.doc(`quotas/${uid}`), quota)
      .commit();
  });
  return uids;
}

/** As many of the provider's credits a day as a benchmark spends. */
export async function liftBudget(): Promise<void> {
  const db = await database();
  await db.doc('settings/service').set({ providerCreditsPerDay: 1_000_000 }, { merge: true });
}
