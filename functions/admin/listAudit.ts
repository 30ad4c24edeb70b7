/** What operators have changed, the latest first. */
import { z } from 'zod';
import { listAudit as listPage, UserId } from '#shared/admin';
import { defineEndpoint, list, pageInput } from '#shared/endpoint';
import { AuditEntry } from '#shared/operations';

export const listAudit = defineEndpoint({
  name: 'listAudit',
  method: 'GET',
  summary: 'List what operators have changed',
  access: 'admin',
  feature: 'admin',
  needs: {},
  rate: 'read',
  budget: { reads: 101, writes: 0 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({
    actorId: UserId.optional(),
    /** A function, or a command of `npm run admin`: `admin:grant`, `admin:revoke`. */
    action: z
      .string()
      .max(60)
      .regex(/^[a-zA-Z]+(:[a-z]+)?$/, 'names no action')
      .optional(),
    ...pageInput,
  }),
  output: list(AuditEntry),
  errors: [],
  cache: 'none',
  examples: [{ title: 'Which songs were hidden or shown', input: { action: 'moderateSong' } }],

  async handler({ actorId, action, ...page }) {
    return await listPage({ actorId, action }, page);
  },
});
