/**
 * Looks at everything the service needs, tells operators what is new, and moves on what takes longer than a request may: deleted accounts
 * are erased, a new name reaches its copies, likes and plays reach their songs, figures their hour and day, backups their verification;
 * what was due at night while the service was away is made up for.
 * Any number of runs may overlap, and any of them may die.
 */
import { z } from 'zod';
import { advanceBackups, BACKUP_BOUNDS } from '#shared/backups';
import { defineEndpoint } from '#shared/endpoint';
import { advanceErasures, ERASURE_BOUNDS } from '#shared/erasure';
import { ROLL_UP_BOUNDS, rollUpFigures } from '#shared/figures';
import { JOBS, MAKE_UP_COST, makeUpRuns } from '#shared/jobs';
import { COPY_BOUNDS, copyOwnerNames } from '#shared/operations';
import { log } from '#shared/runtime';
import { COUNTER_BOUNDS, rollUpCounters } from '#shared/songs';
import { WATCH_BOUNDS, watch } from '#shared/watch';

const PARTS = [COPY_BOUNDS, ERASURE_BOUNDS, COUNTER_BOUNDS, ROLL_UP_BOUNDS, BACKUP_BOUNDS, WATCH_BOUNDS, MAKE_UP_COST];
const sumOf = (of: 'reads' | 'writes') => PARTS.reduce((sum, part) => sum + part[of], 0);

export const watchService = defineEndpoint({
  name: 'watchService',
  method: 'POST',
  summary: 'Look whether all is well, and move long operations on',
  access: 'scheduler',
  feature: 'none',
  needs: {},
  rate: 'none',
  budget: { reads: sumOf('reads'), writes: sumOf('writes') },
  resources: { timeoutS: 120, maxInstances: 2 },
  secrets: ['TOPMEDIAI_API_KEY', 'BACKUP_SECRET', 'ALERT_WEBHOOK_URL'],
  input: z.strictObject({}),
  output: z.strictObject({
    isDatabaseUp: z.boolean(),
    incidents: z.strictObject({ opened: z.int(), escalated: z.int(), resolved: z.int() }),
    erasuresMovedOn: z.int(),
    namesCopied: z.int(),
    songsCounted: z.int(),
    figuresAdded: z.int(),
    backupsMovedOn: z.int(),
    runsMadeUp: z.int(),
  }),
  errors: [],
  cache: 'none',
  schedule: JOBS.watchService,
  examples: [{ title: 'Every minute', input: {} }],

  async handler(_input, _caller, { clock, newId, random, signal }) {
    const world = { clock, newId, random };
    const { isDatabaseUp, ...incidents } = await watch({ world }); // first: nothing may keep it from telling
    const run = { world, signal };
    const step = (what: string, work: () => Promise<number>) => (isDatabaseUp ? moveOn(what, work) : 0);
    const [namesCopied, erasuresMovedOn, songsCounted, figuresAdded, backupsMovedOn, runsMadeUp] = await Promise.all([
      step('copyOwnerNames', () => copyOwnerNames(run)),
      step('advanceErasures', () => advanceErasures(run)),
      step('rollUpCounters', async () => (await rollUpCounters(run)).songs),
      step('rollUpFigures', async () => (await rollUpFigures(run)).minutes),
      step('advanceBackups', () => advanceBackups(run)),
      step('makeUpRuns', () => makeUpRuns(world)),
    ]);
    return { isDatabaseUp, incidents, namesCopied, erasuresMovedOn, songsCounted, figuresAdded, backupsMovedOn, runsMadeUp };
  },
});

/** One that fails keeps no other from going on; the next minute tries again. */
async function moveOn(operation: string, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    log.error('operation_failed', { operation, error });
    return 0;
  }
}
