import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { SWEEP_BOUNDS, type SweepReport, sweepStorage } from '#shared/operations';
import { database, newId, systemWorld } from '#shared/runtime';
import { listSongs } from '../../../functions/songs/listSongs.ts';
import { countDocuments } from '../../support/countDocuments.ts';
import { given } from '../../support/given.ts';
import { type House, openHouse } from '../../support/openHouse.ts';

let house: House;

beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

function sweep(options: Partial<Parameters<typeof sweepStorage>[0]> = {}): Promise<SweepReport> {
  return sweepStorage({ world: systemWorld, signal: new AbortController().signal, ...options });
}

async function found(query: string): Promise<string[]> {
  const { items } = (await house.service.call(listSongs, { scope: 'public', query })).body;
  return items.map(({ songId }) => songId).sort();
}

/** As the service stored it before there was a search. */
async function oldSong(title: string): Promise<string> {
  const { songId } = await given.song({ owner: 'mina', visibility: 'public', title });
  await (await database()).doc(`songSearch/${songId}`).delete();
  return songId;
}

it('Songs of before there was a search are found after the daily sweep, which touches no other', async () => {
  const old = [await oldSong('Lighthouse'), await oldSong('Lighthouse')].sort();
  const { songId } = await given.song({ owner: 'mina', visibility: 'public', title: 'Harbour' });
  const db = await database();
  const kept = (await db.doc(`songSearch/${songId}`).get()).updateTime;
  await db.doc(`songs/${newId('sng')}`).set({ title: 'spoiled by hand' });
  expect(await sweep({ isDryRun: true })).toMatchObject({ searchesWritten: 2 });
  expect(await found('lighthouse')).toEqual([]);
  expect(await sweep()).toMatchObject({ isDone: true, searchesWritten: 2 });
  expect(await found('Lighthouse')).toEqual(old);
  expect(await sweep()).toMatchObject({ isDone: true, searchesWritten: 0 });
  expect((await db.doc(`songSearch/${songId}`).get()).updateTime).toEqual(kept);
});

it('Where many are missing a run stops at its bound, and the next ones go on from there', async () => {
  const db = await database();
  const [song] = (await db.collection('songs').where('ownerId', '==', 'mina').limit(1).get()).docs;
  const writer = db.bulkWriter();
  for (let at = 0; at < 550; at += 1) {
    const songId = newId('sng');
    void writer.create(db.doc(`songs/${songId}`), { ...song!.data(), songId, title: 'Ferry' });
  }
  await writer.close();
  const bounds = { ...SWEEP_BOUNDS, reads: 100, writes: 100 };
  let written = 0;
  for (let runs = 0; runs < 6 && written < 550; runs += 1) {
    const asked = await countDocuments(async () => {
      written += (await sweep({ bounds })).searchesWritten;
    });
    expect(Math.max(asked.writes, 300)).toBe(300); // a page of 250, and the turn
    expect(Math.max(asked.reads, 1_600)).toBe(1_600);
  }
  expect(written).toBe(550);
  expect(await sweep()).toMatchObject({ isDone: true, searchesWritten: 0 });
}, 60_000);
