/** Says that somebody looks after an incident: what only lasts does not become critical any more. Once it is over, nothing changes. */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { acknowledge, Incident, IncidentId, incidents } from '#shared/incidents';
import { writeAudit } from '#shared/operations';
import { problem } from '#shared/runtime';

export const acknowledgeIncident = defineEndpoint({
  name: 'acknowledgeIncident',
  method: 'POST',
  summary: 'Say that somebody looks after an incident',
  access: 'admin',
  feature: 'admin',
  needs: { incident: incidents.may('acknowledge', 'incidentId') },
  rate: 'write',
  budget: { reads: 2, writes: 2 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ incidentId: IncidentId }),
  output: z.strictObject({ incident: Incident }),
  errors: [],
  cache: 'none',
  examples: [{ title: 'I am at it', input: { incidentId: 'inc_0123456789abcdefghjk' } }],

  async handler({ incidentId }, { uid }, { requestId, now, newId }) {
    const operation = { actorId: uid, action: 'acknowledgeIncident', requestId, now, newId };
    const incident = await acknowledge(incidentId, { uid, now }, (transaction, db, change) =>
      writeAudit(transaction, db, operation, { target: incidentId, before: { ...change.before }, after: { ...change.after } }),
    );
    if (!incident) throw problem('not_found');
    return { incident };
  },
});
