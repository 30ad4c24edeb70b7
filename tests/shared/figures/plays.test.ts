/** Each listen is one play in the figures of its hour, also of a listener who comes back. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { closeDatabase, database, newId, toDocument } from '#shared/runtime';
import { countPlay, playsCounted } from '#shared/songs';
import { recount } from '../../../shared/figures/recount.ts';
import { TestClock } from '../../support/clock.ts';
import { useOwnProject } from '../../support/service.ts';

const START = Date.parse('2026-11-23T14:00:00Z');
const clock = new TestClock(START);

beforeAll(() => void useOwnProject());
afterAll(async () => {
  await playsCounted();
  await closeDatabase();
});

const listen = (songId: string, who: { ticketId?: string; listener?: string }) =>
  countPlay({ songId, listener: '', ...who }, { now: new Date(clock.now()), clock });

const inMinutes = (from: number, to: number) =>
  recount({ startsAt: new Date(START + from * 60_000), endsAt: new Date(START + to * 60_000) });

it('Plays with tickets and without are counted in the minute in which they were, once each', async () => {
  const songId = newId('sng');
  const db = await database();
  const at = new Date(START).toISOString();
  await db.doc(`songs/${songId}`).set(
    toDocument({
      ...{ songId, generationId: null, ownerId: 'mina', ownerName: 'Mina', title: 'Boats', style: 'folk', lyrics: null },
      ...{ instrumental: false, visibility: 'public', state: 'ready', durationMs: 2_000, audio: { contentType: 'audio/mpeg', bytes: 9 } },
      ...{ hasCover: false, likes: 0, plays: 0, createdAt: at, updatedAt: at },
    }),
  );
  for (const ticketId of ['tkt_1', 'tkt_2', 'tkt_2']) await listen(songId, { ticketId });
  await Promise.all([listen(songId, { listener: '203.0.113.7' }), listen(songId, { listener: '203.0.113.7' })]);
  for (let times = 0; times < 2; times += 1) {
    clock.advance(31 * 60_000);
    await listen(songId, { listener: '203.0.113.7' });
  }
  expect((await inMinutes(0, 1)).plays).toBe(3);
  expect((await inMinutes(31, 32)).plays).toBe(1);
  expect((await inMinutes(62, 63)).plays).toBe(1);
  expect((await inMinutes(0, 120)).plays).toBe(5);
});
