import { type Changes, type Finding, JUDGE_BOUNDS, judgeAll, type Memory, newMemory, type WebhookBounds } from '#shared/incidents';
import type { Documents, World } from '#shared/runtime';
import { type Check, lookAt } from './check.ts';
import { auth, firestore, provider, room, storage } from './dependencies.ts';
import { figures } from './figures.ts';
import { budget, generations, lyrics, settings } from './state.ts';
import { backups, comparisons, jobs, report, tombstones } from './work.ts';

/** All there is to look at. */
export const CHECKS: Check[] = [
  firestore(),
  auth,
  storage,
  room(),
  provider,
  lyrics,
  budget,
  settings,
  generations,
  figures,
  jobs,
  backups,
  comparisons,
  tombstones,
  report,
];

/** The looks themselves, of which what nobody has done of the nightly work may cost a hundred reads, and what is made of them. */
export const WATCH_BOUNDS: Documents = { reads: 200 + JUDGE_BOUNDS.reads, writes: 10 + JUDGE_BOUNDS.writes };

/** What one of the looks finds, for whoever asks now. Never rejects. */
export function lookFor(name: Check['name'], world: World): Promise<Finding[]> {
  return lookAt(
    CHECKS.filter((check) => check.name === name),
    world,
  );
}

/** This process's own, for while the database is away. */
const ownMemory = newMemory();

interface Watching {
  world: World;
  memory?: Memory;
  checks?: Check[];
  webhook?: WebhookBounds;
}

export interface WatchReport extends Changes {
  /** False: nothing that needs the database is worth trying now. */
  isDatabaseUp: boolean;
}

/**
 * Looks at everything, once, and tells operators what is new. Any number of runs may overlap, any of them may die. Takes 15 s at most to
 * look, and another 30 s when the webhook says nothing.
 */
export async function watch({ world, memory = ownMemory, checks = CHECKS, webhook }: Watching): Promise<WatchReport> {
  const findings: Finding[] = await lookAt(checks, world);
  const changes = await judgeAll(findings, { world, memory, ...(webhook ? { webhook } : {}) });
  return { ...changes, isDatabaseUp: findings.every(({ alert, state }) => alert !== 'database_down' || state !== 'bad') };
}
