/** What one run of the erasures reads and writes: never more than it may spend, and what it spends is what Firestore bills. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { advanceErasures, ERASURE_BOUNDS } from '#shared/erasure';
import { Allowance, closeDatabase, database, newId, systemWorld } from '#shared/runtime';
import { costOfPage, MOST_OF_A_PAGE } from '../../../shared/erasure/costs.ts';
import { STEPS, type Step } from '../../../shared/erasure/steps.ts';
import { TestClock } from '../../support/clock.ts';
import { countDocuments } from '../../support/countDocuments.ts';
import { useOwnProject } from '../../support/service.ts';
import { AT_ONCE, closeNow, newAccount } from './wholeAccount.ts';

const MANY = 110;
let root: string;
const clock = new TestClock();

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sori-erasure-bounds-'));
  useOwnProject({ MEDIA_STORES: `local:${root}`, TOPMEDIAI_BASE_URL: 'http://127.0.0.1:9' });
});

afterAll(async () => {
  await closeDatabase();
  await rm(root, { recursive: true, force: true });
});

/** So many copies of every document that is his. */
async function multiply(uid: string): Promise<void> {
  const db = await database();
  const writer = db.bulkWriter();
  for (const name of ['songs', 'songMedia', 'images', 'imageMedia', 'playlists', 'generationWork', 'generations', 'files']) {
    const [first] = (await db.collection(name).where('ownerId', '==', uid).limit(1).get()).docs;
    if (first) for (let at = 0; at < MANY; at += 1) void writer.create(db.doc(`${name}/${newId('fil')}`), first.data());
  }
  for (let at = 0; at < MANY; at += 1) {
    void writer.create(db.doc(`likes/${uid}_${newId('sng')}`), { uid, songId: newId('sng'), createdAt: new Date() });
    void writer.create(db.doc(`ledger/${newId('gen')}_grant`), { uid, kind: 'grant', amount: 1, createdAt: new Date() });
  }
  await writer.close();
}

it('One run stays within its bounds with far more to erase than that', async () => {
  const people = [await newAccount(), await newAccount()];
  for (const uid of people) await multiply(uid);
  for (const uid of people) await closeNow(uid, clock);
  const untrue: object[] = [];
  const watched: Step[] = STEPS.map((step) => ({
    ...step,
    erasePage: async (erasing) => {
      let count = 0;
      const { reads, writes } = await countDocuments(async () => {
        count = await step.erasePage(erasing);
      });
      const told = costOfPage(step.name, count);
      if (reads > told.reads || writes > told.writes) untrue.push({ step: step.name, count, reads, writes, told });
      if (count > 0) expect(new Allowance(MOST_OF_A_PAGE).has(told)).toBe(true);
      return count;
    },
  }));
  const most = { reads: 0, writes: 0 };
  for (let runs = 0; runs < 9; runs += 1) {
    const steps = runs < 3 ? watched : STEPS;
    const run = () => advanceErasures({ world: { ...systemWorld, clock }, signal: new AbortController().signal, bounds: AT_ONCE, steps });
    const { reads, writes } = await countDocuments(run);
    Object.assign(most, { reads: Math.max(most.reads, reads), writes: Math.max(most.writes, writes) });
    clock.advance(61_000);
  }
  expect(untrue).toEqual([]);
  expect(most.writes).toBeGreaterThan(ERASURE_BOUNDS.writes / 2); // there was enough to do
  expect({ ...most, isWithin: new Allowance(ERASURE_BOUNDS).has(most) }).toEqual({ ...most, isWithin: true });
}, 120_000);
