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
  announceSeed('the kill matrix');
});

/** In its own steps; those of what it calls are in g01-killMatrixOfCalls.test.ts. */
function isStep({ point }: Cell): boolean {
  return point.startsWith('shared/generation/');
}

describe('G1: a song asked for is never lost', () => {
  it('every step of the worker is a point of the matrix: the claim, the order, its answer, the sound, the cover, the clean-up', () => {
    const files = new Set(cells.filter(isStep).map(({ point }) => point.split(/[/:]/).at(-3)));
    const steps = ['lease.ts', 'submit.ts', 'followUp.ts', 'archiveAudio.ts', 'archiveCover.ts', 'objects.ts', 'advanceGenerations.ts'];
    expect(steps.filter((file) => !files.has(file))).toEqual([]);
  });

  it(
    'a worker killed at any point of its own steps is followed by another: songs that play or the credit back, one order, and nothing left over',
    async () => {
      const tried = chooseCells(cells.filter(isStep), runs(80).numRuns);
      const { violations, reachedCount } = await tryCells(tried, (cell) => tryKill(lane, cell));
      expect(violations).toEqual([]);
      expect(reachedCount).toBeGreaterThan(0.8 * tried.length);
    },
    limitMs(600_000),
  );
});
