import { type Changes, type Finding, judgeAll, type Memory, newMemory, type WebhookBounds } from '#shared/incidents';
import type { World } from '#shared/runtime';
import { type Check, lookAt } from './check.ts';
import { auth, firestore, provider, room, storage } from './dependencies.ts';
import { figures } from './figures.ts';
import { budget, generations, lyrics, settings } from './state.ts';
import { backups, jobs, report } from './work.ts';

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
  report,
];

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
