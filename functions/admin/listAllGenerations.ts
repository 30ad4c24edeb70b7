/** Requests for songs of everybody, the newest first. */
import { z } from 'zod';
import { listAllGenerations as listPage, UserId } from '#shared/admin';
import { defineEndpoint, list, pageInput } from '#shared/endpoint';
import { Generation } from '#shared/generation';

export const listAllGenerations = defineEndpoint({
  name: 'listAllGenerations',
  method: 'GET',
  summary: "List everybody's requests for songs",
  access: 'admin',
  feature: 'admin',
  needs: {},
  rate: 'read',
  budget: { reads: 101, writes: 0 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ state: Generation.shape.state.optional(), ownerId: UserId.optional(), ...pageInput }),
  output: list(Generation),
  errors: [],
  cache: 'none',
  examples: [{ title: 'What has failed', input: { state: 'failed' } }],

  async handler({ state, ownerId, ...page }) {
    return await listPage({ state, ownerId }, page);
  },
});
