import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { verifyLedger } from '#shared/operations';
import { database } from '#shared/runtime';
import { fullHistory, type Lived, live, rounds } from '../shared/operations/history.ts';
import { announceSeed, limitMs, runs } from '../support/runs.ts';
import { openStudio, type Studio } from '../support/studio.ts';

let studio: Studio;

beforeAll(async () => {
  announceSeed('histories of the ledger');
  studio = await openStudio();
  await (await database()).doc('settings/service').set({ phase: 2, providerCreditsPerDay: 1_000_000 });
});
afterAll(() => studio.close());

interface Entry {
  kind: string;
  amount: number;
  generationId: string;
}

interface Request {
  generationId: string;
  state: string;
  /** When the order was written down; null when none has left. */
  intentAt: unknown;
}

async function booksOf(uid: string) {
  const db = await database();
  const [quota, entries, requests] = await Promise.all([
    db.doc(`quotas/${uid}`).get(),
    db.collection('ledger').where('uid', '==', uid).get(),
    db.collection('generationWork').where('ownerId', '==', uid).get(),
  ]);
  return {
    balance: Number(quota.get('balance') ?? 0),
    entries: entries.docs.map((each) => each.data() as Entry),
    requests: requests.docs.map((each) => each.data() as Request),
  };
}

async function hasReadySong(generationId: string): Promise<boolean> {
  const songs = await (await database()).collection('songs').where('generationId', '==', generationId).get();
  return songs.docs.some((song) => song.get('state') === 'ready');
}

/** How the credit of a request has to end: spent exactly when a song came of it, or when it was cancelled after the order had left. */
function endOf({ state, intentAt }: Request): string {
  const isSpent = state === 'ready' || (state === 'cancelled' && intentAt !== null);
  return isSpent ? 'settle' : 'release';
}

/** The books as a person would check them, without the tool that is tested. */
async function expectExact({ people, requests, trimmed }: Lived): Promise<void> {
  for (const [who, { uid }] of people.entries()) {
    const books = await booksOf(uid);
    expect(books.balance).toBe(books.entries.reduce((sum, { amount }) => sum + amount, 0));
    expect(books.balance).toBeGreaterThanOrEqual(0);
    const accepted = requests.filter((each) => each.who === who).map(({ generationId }) => generationId);
    expect(books.requests.map(({ generationId }) => generationId).sort()).toEqual(accepted.sort());
    for (const request of books.requests) {
      const { generationId, state } = request;
      const booked = books.entries.filter((entry) => entry.generationId === generationId).map(({ kind }) => kind);
      expect({ state, booked: booked.sort() }).toEqual({ state, booked: [endOf(request), 'reserve'].sort() });
      if (!trimmed.has(generationId)) expect(await hasReadySong(generationId)).toBe(state === 'ready');
    }
  }
}

describe('G3: after any history', () => {
  it(
    'each credit was reserved once and ended once, as its request did, and the books agree with the database',
    async () => {
      const history = fc.asyncProperty(rounds, async (told) => {
        const lived = await live(studio, told);
        expect(lived.surprises).toEqual([]);
        for (const answers of lived.keyed.values()) expect(answers.size).toBe(1);
        await expectExact(lived);
        expect((await verifyLedger({ sinceAt: lived.startedAt })).discrepancies).toEqual([]);
      });
      await fc.assert(history, { ...runs(3), examples: [[fullHistory]] });
      expect(await verifyLedger()).toMatchObject({ discrepancyCount: 0 });
    },
    limitMs(240_000),
  );
});
