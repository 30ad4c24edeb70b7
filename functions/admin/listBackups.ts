/** Backups of the last 90 days, the newest first: how far each has come, and why one has failed. */
import { z } from 'zod';
import { BACKUPS, Backup, BackupId } from '#shared/backups';
import { defineEndpoint, list, pageInput } from '#shared/endpoint';
import { listNewest } from '#shared/runtime';

export const listBackups = defineEndpoint({
  name: 'listBackups',
  method: 'GET',
  summary: 'List backups',
  access: 'admin',
  feature: 'admin',
  needs: {},
  rate: 'read',
  budget: { reads: 101, writes: 0 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ state: Backup.shape.state.optional(), ...pageInput }),
  output: list(Backup),
  errors: [],
  cache: 'none',
  examples: [{ title: 'What has failed', input: { state: 'failed' } }],

  async handler({ state, ...page }) {
    const read = (document: Record<string, unknown>) => Backup.parse(document);
    return await listNewest({ collection: BACKUPS, where: state ? { state } : {}, id: BackupId, read }, page);
  },
});
