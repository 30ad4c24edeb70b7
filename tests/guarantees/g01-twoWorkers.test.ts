import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chanceFrom } from '../../scripts/local/sandbox/chance.ts';
import { type Lane, openLane } from '../crashPoints/lane.ts';
import { tryHistory } from '../crashPoints/tryHistory.ts';
import { announceSeed, limitMs, runs, seed } from '../support/runs.ts';

let lane: Lane;

beforeAll(async () => {
  lane = await openLane();
});

afterAll(async () => {
  await lane.close();
  announceSeed('two workers');
});

describe('G1: a song asked for is never lost', () => {
  it(
    'two workers at once make six songs, whenever they die or stand still by chance',
    async () => {
      let faultCount = 0;
      for (let number = 0; number < runs(8).numRuns; number += 1) {
        const { faults, violations } = await tryHistory(lane, chanceFrom('two workers', seed, number));
        expect({ number, faults, violations }).toEqual({ number, faults, violations: [] });
        faultCount += faults.length;
      }
      expect(faultCount).toBeGreaterThan(0);
    },
    limitMs(600_000),
  );
});
