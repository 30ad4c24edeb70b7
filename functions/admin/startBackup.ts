/** Begins a backup now, beside the daily ones. While one is on its way, that one is the answer. Written to the audit. */
import { z } from 'zod';
import { availability } from '#shared/access';
import { Backup, startBackup as start } from '#shared/backups';
import { defineEndpoint } from '#shared/endpoint';
import { probeStorage } from '#shared/health';
import { writeAudit } from '#shared/operations';
import { problem } from '#shared/runtime';

const RETRY_AFTER_S = 30;

export const startBackup = defineEndpoint({
  name: 'startBackup',
  method: 'POST',
  summary: 'Begin a backup',
  access: 'admin',
  feature: 'admin',
  needs: {},
  rate: 'write',
  budget: { reads: 101, writes: 3 },
  secrets: ['JWT_SECRET', 'BACKUP_SECRET'],
  input: z.strictObject({}),
  output: z.strictObject({ backup: Backup }),
  status: 202,
  errors: ['feature_unavailable'],
  cache: 'none',
  examples: [{ title: 'Before a risky change', input: {} }],

  async handler(_input, { uid }, { requestId, now, clock, newId }) {
    await probeStorage({ clock, newId });
    const { down } = await availability(clock);
    if (down.includes('storage')) throw problem('feature_unavailable', { feature: 'admin', reason: 'storage', retryAfterS: RETRY_AFTER_S });
    const operation = { actorId: uid, action: 'startBackup', requestId, now, newId };
    const { backup } = await start({
      world: { clock, newId },
      also: (transaction, db, { backupId, isWeekly }) =>
        writeAudit(transaction, db, operation, { target: backupId, before: {}, after: { isWeekly } }),
    });
    return { backup };
  },
});
