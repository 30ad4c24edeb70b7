/** Calls of Firestore that wait for each other, as tests have measured them: docs/budgets.json. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { projectFolder } from '../../check/command.ts';
import { type Finding, finding } from './finding.ts';

/** What an app asks for all the time. */
const HOT_READS = ['getSong', 'getPlayback', 'listSongs', 'getProfile', 'getGeneration', 'listGenerations'];

const Budgets = z.record(z.string(), z.object({ roundTrips: z.number() }));

export function roundTripFindings(): Finding[] {
  const budgets = Budgets.parse(JSON.parse(readFileSync(join(projectFolder, 'docs', 'budgets.json'), 'utf8')));
  const of = (name: string) => budgets[name]?.roundTrips ?? Number.NaN;
  const hot = HOT_READS.map((name) => `${name} ${of(name)}`);
  return [
    finding({
      ...{ what: `hot reads: sequential Firestore round trips`, goal: '≤ 1', isMust: true },
      ...{ value: Math.max(...HOT_READS.map(of)), atMost: 1, measured: hot.join(', ') },
    }),
    finding({
      ...{ what: 'createSong: sequential Firestore round trips, besides sign-in and rate', goal: '≤ 3 warm, ≤ 4 cold', isMust: true },
      ...{ value: of('createSong'), atMost: 3, measured: String(of('createSong')) },
    }),
  ];
}
