import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chooseCells, recordCells, tryCells, tryZombie } from '../crashPoints/crashMatrix.ts';
import { type Lane, openLane } from '../crashPoints/lane.ts';
import { announceSeed, limitMs, runs } from '../support/runs.ts';

let lane: Lane;

beforeAll(async () => {
  lane = await openLane();
});

afterAll(async () => {
  await lane.close();
  announceSeed('zombies');
});

/** So often another worker has run when the first one wakes up: it has just taken over, has begun, has finished everything. */
const RUNS = [1, 2, 150];

describe('G2: the provider is asked at most once for each request', () => {
  it(
    'a worker that stands still at any point for longer than its lease, and goes on without knowing, changes nothing that another has done',
    async () => {
      const tried = chooseCells(await recordCells(lane), runs(36).numRuns);
      const { violations, reachedCount } = await tryCells(tried, (cell, index) => tryZombie(lane, cell, RUNS[index % RUNS.length]!));
      expect(violations).toEqual([]);
      expect(reachedCount).toBeGreaterThan(0.8 * tried.length);
    },
    limitMs(600_000),
  );
});
