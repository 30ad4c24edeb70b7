import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type KillPoint, runKilledWorker } from '../shared/generation/killedWorker.ts';
import { dueAtOf, type Listener, measureSong, newListener } from '../shared/generation/listener.ts';
import { openStudio, type Studio } from '../support/studio.ts';

let studio: Studio;
let mina: Listener;

beforeAll(async () => {
  studio = await openStudio();
  mina = await newListener(studio);
});

afterEach(() => studio.sandbox.faults.delete());
afterAll(() => studio.close());

const LEASE_MS = 60_000;
/** The provider is done by then. */
const MADE_MS = 12_000;

async function isSettled(generationId: string): Promise<boolean> {
  const { state, songs } = await mina.generation(generationId);
  return state === 'failed' || (state === 'ready' && songs.every((song) => song.state !== 'making'));
}

/** Nothing is left to do for it: covers stored, clean-ups done. */
function finishUp(generationId: string) {
  return studio.workUntil(async () => (await dueAtOf(generationId)) === undefined, { limitS: 200, stepS: 15 });
}

describe('G1: a song asked for is never lost', () => {
  it.each<KillPoint>(['intentStored', 'orderLeft', 'accepted'])(
    'a worker killed at "%s" ends in failed, with the reason and the credit back, within ten minutes of the order',
    async (killAt) => {
      const before = studio.sandbox.accepted();
      if (killAt === 'orderLeft') studio.sandbox.faults.add({ name: 'acceptedThenSilence', times: 1 });
      const generationId = await mina.ask();
      await runKilledWorker(studio, killAt);
      expect((await mina.generation(generationId)).state).toBe('submitting');

      studio.clock.advance(LEASE_MS + 1_000);
      await studio.runWorker();
      expect((await mina.generation(generationId)).state).toBe('unknown');
      const seconds = await studio.workUntil(() => isSettled(generationId), { limitS: 600, stepS: 30 });
      expect(seconds).toBeLessThanOrEqual(570);

      expect(await mina.generation(generationId)).toMatchObject({
        state: 'failed',
        songs: [],
        failure: { code: 'provider_outcome_unknown' },
        credits: { reserved: 1, settled: 0, released: 1 },
      });
      expect(await mina.creditEvents(generationId)).toEqual(['release', 'reserve']);
      expect(studio.sandbox.accepted() - before).toBe(killAt === 'intentStored' ? 0 : 1);
    },
  );

  it.each<KillPoint>(['downloading', 'staged', 'published', 'ready'])(
    'a worker killed at "%s" is followed by another, and both songs play',
    async (killAt) => {
      const before = studio.sandbox.accepted();
      const generationId = await mina.ask();
      await studio.runWorker();
      studio.clock.advance(MADE_MS);
      if (killAt === 'ready') await studio.workUntil(() => isSettled(generationId));
      if (killAt === 'ready') studio.clock.advance(121_000); // covers are due, the provider's or drawn ones
      await runKilledWorker(studio, killAt);

      studio.clock.advance(LEASE_MS + 1_000);
      await finishUp(generationId);

      const { state, credits, songs } = await mina.generation(generationId);
      expect({ state, credits }).toEqual({ state: 'ready', credits: { reserved: 1, settled: 1, released: 0 } });
      expect(songs.map((song) => song.state)).toEqual(['ready', 'ready']);
      for (const { songId } of songs) {
        const { said, found } = await measureSong(studio, songId);
        expect(found).toEqual(said);
      }
      expect((await mina.songs(generationId)).map(({ hasCover }) => hasCover)).toEqual([true, true]);
      // One object of sound and one picture for each, and nothing half made.
      const names = await studio.storage.namesOf(songs.map(({ songId }) => songId));
      expect(names.map((name) => name.split('/')[0]).sort()).toEqual(['covers', 'covers', 'songs', 'songs']);
      expect(studio.sandbox.accepted() - before).toBe(1);
    },
  );

  it('the credits are exact after all of this', async () => {
    const { balance, sum } = await mina.credits();
    expect(balance).toBe(sum);
  });
});
