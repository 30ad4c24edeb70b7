/**
 * Looks at everything the service needs, tells operators what is new, and moves on what takes longer than a request may: deleted accounts
 * are erased, a new name reaches its copies, likes and plays reach their songs, figures their hour and day, backups their verification.
 * Any number of runs may overlap, and any of them may die.
 */
import { z } from 'zod';
import { advanceBackups } from '#shared/backups';
import { defineEndpoint } from '#shared/endpoint';
import { advanceErasures, ERASURE_BOUNDS } from '#shared/erasure';
import { ROLL_UP_BOUNDS, rollUpFigures } from '#shared/figures';
import { JOBS } from '#shared/jobs';
import { COPY_BOUNDS, copyOwnerNames } from '#shared/operations';
import { log } from '#shared/runtime';
import { COUNTER_BOUNDS, rollUpCounters } from '#shared/songs';
import { watch } from '#shared/watch';

export const watchService = defineEndpoint({
  name: 'watchService',
  method: 'POST',
  summary: 'Look whether all is well, and move long operations on',
  access: 'scheduler',
  feature: 'none',
  needs: {},
  rate: 'none',
  budget: {
    reads: COPY_BOUNDS.reads + ERASURE_BOUNDS.reads + COUNTER_BOUNDS.reads + ROLL_UP_BOUNDS.reads + 200, // the last for what is looked at
    writes: COPY_BOUNDS.writes + ERASURE_BOUNDS.writes + COUNTER_BOUNDS.writes + ROLL_UP_BOUNDS.writes + 40,
  },
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
    const [namesCopied, erasuresMovedOn, songsCounted, figuresAdded, backupsMovedOn] = await Promise.all([
      step('copyOwnerNames', () => copyOwnerNames(run)),
      step('advanceErasures', () => advanceErasures(run)),
      step('rollUpCounters', async () => (await rollUpCounters(run)).songs),
      step('rollUpFigures', async () => (await rollUpFigures(run)).minutes),
      step('advanceBackups', () => advanceBackups(run)),
    ]);
    return { isDatabaseUp, incidents, namesCopied, erasuresMovedOn, songsCounted, figuresAdded, backupsMovedOn };
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
