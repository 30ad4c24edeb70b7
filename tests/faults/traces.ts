import { database } from '#shared/runtime';
import type { Listener } from '../shared/generation/listener.ts';

/** What calls of `createSong` leave behind. Not the balance: it starts anew with each day, and tests go past midnight. */
export interface Traces {
  /** Ids of requests. */
  requests: string[];
  /** Ids that the ledger has an entry `reserve` for. */
  reserved: string[];
}

/** @param before - what had been there already, and is left out */
export async function tracesOf({ uid }: Listener, before: Traces = { requests: [], reserved: [] }): Promise<Traces> {
  const db = await database();
  const requests = await db.collection('generations').where('ownerId', '==', uid).get();
  const entries = await db.collection('ledger').where('uid', '==', uid).get();
  const reserved = entries.docs.filter((entry) => entry.get('kind') === 'reserve').map((entry) => String(entry.get('generationId')));
  return {
    requests: requests.docs.map(({ id }) => id).filter((id) => !before.requests.includes(id)),
    reserved: reserved.filter((id) => !before.reserved.includes(id)),
  };
}

/** As many credits are taken as there are requests, and the balance says so. @returns what is wrong, in words */
export async function faultsOfTraces(listener: Listener, { requests, reserved }: Traces): Promise<string[]> {
  const { balance, sum } = await listener.credits();
  return [
    ...(requests.toSorted().join() === reserved.toSorted().join() ? [] : [`requests: ${requests}; credits taken for: ${reserved}`]),
    ...(balance === sum ? [] : [`the balance is ${balance}, the sum of the ledger ${sum}`]),
  ];
}
