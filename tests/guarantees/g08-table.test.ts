/** The table of the two phases: every function there is, in each situation, as the design says it. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Dependency, judge } from '#shared/access';
import type { Endpoint } from '#shared/endpoint';
import { loadEndpoints } from '../../scripts/loadEndpoints.ts';
import { ROWS, type Situation, situations } from '../shared/health/featureTable.ts';

let endpoints: Endpoint[];

beforeAll(async () => {
  endpoints = await loadEndpoints();
});

/** What the code knows of each situation. */
const KNOWN: Record<Situation, { phase: 1 | 2; down: Dependency[] }> = {
  'phase 1': { phase: 1, down: [] },
  'GCS down, one bucket': { phase: 2, down: ['storage', 'media'] },
  'GCS down, hybrid': { phase: 2, down: ['storage'] },
  'provider down': { phase: 2, down: ['provider'] },
  'Firestore down': { phase: 2, down: ['database'] },
};

/** Of the operators' functions it alone needs the bucket, and says so itself: g08-oneBucket.test.ts calls it from outside. */
const SAYS_ITSELF = 'startBackup';

describe('G8: what is open in each situation', () => {
  it.each(situations)('%s: every function is open or closed as the table says', (situation) => {
    const { phase, down } = KNOWN[situation];
    const { features } = judge({ phase, closedFeatures: [] }, down);
    const judged = endpoints.filter(({ name }) => name !== SAYS_ITSELF);
    const said = judged.map(({ name, feature }) => [name, feature === 'none' ? null : features[feature].reason]);
    expect(said).toEqual(judged.map(({ name }) => [name, ROWS[name]?.[situation] ?? null]));
  });

  it('has a row for every function', () => {
    expect(endpoints.map(({ name }) => name).filter((name) => !ROWS[name])).toEqual([]);
  });
});
