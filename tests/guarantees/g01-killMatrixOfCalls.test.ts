import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Cell, chooseCells, recordCells, tryCells, tryKill } from '../crashPoints/crashMatrix.ts';
import { type Lane, openLane } from '../crashPoints/lane.ts';
import { announceSeed, limitMs, runs } from '../support/runs.ts';

let lane: Lane;
let cells: Cell[];

beforeAll(async () => {
  lane = await openLane();
  cells = await recordCells(lane);
});

afterAll(async () => {
  await lane.close();
  announceSeed('the kill matrix of calls');
});

/** While it speaks to the provider, to storage or to the database; its own steps are in g01-killMatrix.test.ts. */
function isCall({ point }: Cell): boolean {
  return !point.startsWith('shared/generation/');
}

describe('G1: a song asked for is never lost', () => {
  it(
    'a worker killed at any point of a call to the outside is followed by another: songs that play or the credit back, one order, and nothing left over',
    async () => {
      const tried = chooseCells(cells.filter(isCall), runs(50).numRuns);
      const { violations, reachedCount } = await tryCells(tried, (cell) => tryKill(lane, cell));
      expect(violations).toEqual([]);
      expect(reachedCount).toBeGreaterThan(0.8 * tried.length);
    },
    limitMs(600_000),
  );
});
