import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { BOUNDS } from '#shared/generation';
import { findViolations, sweep } from '../crashPoints/invariants.ts';
import { type Lane, openLane } from '../crashPoints/lane.ts';
import { beginLife, liveOn } from '../crashPoints/life.ts';
import { pointAt } from '../crashPoints/pointAt.ts';

let lane: Lane;

beforeAll(async () => {
  lane = await openLane();
});

afterEach(async () => {
  lane.studio.sandbox.faults.delete();
  await sweep(lane);
});

afterAll(() => lane.close());

const ORDER = pointAt('shared/generation/submit.ts', /await [\w.]*provider\.submit\(/);
const DRAWING = pointAt('shared/generation/archiveCover.ts', /await draw\(/);
/** An order has arrived by then. */
const ARRIVED_MS = 500;

// Every other point is tried by g01-killMatrix.test.ts.
describe('G1: a song asked for is never lost', () => {
  it.each([
    { kind: 'before', orders: 0 },
    { kind: 'during', orders: 1 },
    { kind: 'after', orders: 1 },
  ] as const)(
    'a worker killed $kind the exchange that orders the song ends in failed, with the reason and the credit back, within ten minutes of the order',
    async ({ kind, orders }) => {
      const { studio } = lane;
      const accepted = studio.sandbox.accepted();
      if (kind === 'during') studio.sandbox.faults.add({ name: 'acceptedThenSilence', times: 1 });
      const { listener, generationId } = await beginLife(lane);
      const worker = lane.worker();
      const run = await worker.run({ action: 'kill', point: ORDER, kind, afterMs: ARRIVED_MS });
      expect(run).toEqual({ how: 'dead', at: { point: ORDER, kind } });
      await worker.kill();
      expect((await listener.generation(generationId)).state).toBe('submitting');

      studio.clock.advance(BOUNDS.leaseMs + 1_000);
      await studio.runWorker();
      expect((await listener.generation(generationId)).state).toBe('unknown');
      const isSettled = async () => (await listener.generation(generationId)).state === 'failed';
      expect(await studio.workUntil(isSettled, { limitS: 600, stepS: 30 })).toBeLessThanOrEqual(570);

      expect(await listener.generation(generationId)).toMatchObject({
        songs: [],
        failure: { code: 'provider_outcome_unknown' },
        credits: { reserved: 1, settled: 0, released: 1 },
      });
      expect(await listener.creditEvents(generationId)).toEqual(['release', 'reserve']);
      expect(studio.sandbox.accepted() - accepted).toBe(orders);
    },
  );

  it('a worker killed while it draws the cover that the provider never sent is followed by another', async () => {
    const { studio } = lane;
    const accepted = studio.sandbox.accepted();
    studio.sandbox.faults.add({ name: 'coverNever' });
    const life = await beginLife(lane);
    const worker = lane.worker();
    const hasLived = await liveOn(lane, [life], async () => {
      const { how } = await worker.run({ action: 'kill', point: DRAWING, kind: 'during', afterMs: 0 });
      return how === 'done';
    });
    await worker.kill();
    expect(hasLived).toBe(false);
    await liveOn(lane, [life], async () => (await studio.runWorker()) >= 0);
    expect(await findViolations(lane, [life], accepted)).toEqual([]);
  });
});
