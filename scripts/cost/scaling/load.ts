/** What arrives at once in the busiest hour of a month, from the same model as the costs. */
import { BYTES_PER_PLAY, type PRICES } from '#shared/reports';
import { costOfMonth, type MonthCost } from '../costOfMonth.ts';
import { storedDocuments } from '../databaseUse.ts';
import { billedMs, heldSeconds, SIDE_BY_SIDE, storedSongs } from '../functionsUse.ts';
import { SONG, USUAL } from '../referenceUser.ts';
import type { Sources } from '../sources.ts';
import { MONTH_S, type Plan } from '../workload.ts';

/** The busiest hour against the mean of the month: people sleep, and Fridays are not Mondays. Assumed. */
export const PEAK = 5;
const MIB_OF_GIB = 1024;

export interface Load {
  plan: Plan;
  month: MonthCost;
  /** In the busiest hour, by second. */
  requestsPerS: number;
  playsPerS: number;
  ordersPerS: number;
  readsPerS: number;
  writesPerS: number;
  egressGbitPerS: number;
  /** Functions' instances at work in the busiest hour, and their processors. */
  instances: number;
  vcpus: number;
  /** The function that needs the most of what it is given. */
  tightest: { name: string; needs: number; has: number };
  songsInTheMaking: number;
  documents: number;
  songs: number;
}

export function loadOf(users: number, sources: Sources): Load {
  const plan = { users, ...USUAL };
  const month = costOfMonth(plan, sources);
  const perS = (perMonth: number) => (PEAK * perMonth) / MONTH_S;
  const units = (part: string, price: keyof typeof PRICES) =>
    month.lines.filter((line) => line.part === part && line.price === price).reduce((sum, line) => sum + line.units, 0);
  const calls = [...month.calls.values()].reduce((sum, count) => sum + count, 0);
  const needs = sources.endpoints
    .filter(({ access }) => access !== 'scheduler')
    .map(({ name, resources }) => {
      const busy = (perS(month.calls.get(name) ?? 0) * billedMs(name, sources.budgets[name])) / 1000;
      return { name, needs: Math.ceil(busy / Math.min(SIDE_BY_SIDE, resources.concurrency)), has: resources.maxInstances, ...resources };
    });
  const ordersPerS = perS(users * plan.songs);
  return {
    ...{ plan, month, ordersPerS },
    requestsPerS: perS(calls),
    playsPerS: perS(users * plan.plays),
    readsPerS: perS(units('firestore', 'documentsRead')),
    writesPerS: perS(units('firestore', 'documentsWritten')),
    egressGbitPerS: (perS(users * plan.plays) * BYTES_PER_PLAY * 8) / 1e9,
    instances: needs.reduce((sum, each) => sum + each.needs, 0),
    vcpus: needs.reduce((sum, each) => sum + each.needs * each.cpu, 0),
    tightest: needs.toSorted((a, b) => b.needs / b.has - a.needs / a.has)[0]!,
    songsInTheMaking: ordersPerS * heldSeconds(sources.jobWork),
    documents: storedDocuments(plan),
    songs: storedSongs(plan),
  };
}

/** Of all stored sound and covers. */
export function storedTib({ songs }: Load): number {
  return (songs * (SONG.bytes + SONG.coverBytes)) / 1024 ** 3 / MIB_OF_GIB;
}
