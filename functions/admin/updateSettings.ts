/** Changes what is open and how much may be made in a day. Written to the audit; every instance follows within 10 s. */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { changeSettings } from '#shared/operations';
import { ServiceSettings } from '#shared/runtime';

export const updateSettings = defineEndpoint({
  name: 'updateSettings',
  method: 'POST',
  summary: "Change the service's settings",
  access: 'admin',
  feature: 'admin',
  needs: {},
  rate: 'write',
  budget: { reads: 1, writes: 2 },
  secrets: ['JWT_SECRET'],
  input: ServiceSettings.partial().refine((change) => Object.keys(change).length > 0, { error: 'Give at least one setting.' }),
  output: z.strictObject({ settings: ServiceSettings }),
  errors: [],
  cache: 'none',
  examples: [{ title: 'Open everything', input: { phase: 2, closedFeatures: [] } }],

  async handler(change, { uid }, { requestId, now, newId }) {
    return { settings: await changeSettings(change, { actorId: uid, action: 'updateSettings', requestId, now, newId }) };
  },
});
