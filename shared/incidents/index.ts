import { needsOf } from '#shared/access';
import type { Incident } from './schema.ts';
import { readIncident } from './store.ts';

/** They belong to nobody, so to all operators. */
export const incidents = needsOf('incident', { find: readIncident, subject: (_incident: Incident) => ({ ownerId: '', isShared: false }) });

export { alertOf } from './alertOf.ts';
export { ALERTS, type AlertName } from './alerts.ts';
export { type Changes, JUDGE_BOUNDS, judgeAll } from './judgeAll.ts';
export { listIncidents } from './listIncidents.ts';
export { type Memory, newMemory } from './outage.ts';
export { type Finding, Incident, IncidentId } from './schema.ts';
export { acknowledge } from './store.ts';
export type { WebhookBounds } from './webhook.ts';
