import type { Span } from '#shared/figures';
import { database, fromDocument } from '#shared/runtime';
import { ReportedIncident } from './schema.ts';

/** Of more, the first. */
const MOST = 50;

/** Incidents that were open at some moment of this time, also those that lasted longer, the oldest first. Three queries. */
export async function findIncidents({ startsAt, endsAt }: Span): Promise<ReportedIncident[]> {
  const db = await database();
  const all = db.collection('incidents');
  const found = await Promise.all([
    all.where('openedAt', '>=', startsAt).where('openedAt', '<', endsAt).orderBy('openedAt').limit(MOST).get(),
    all.where('resolvedAt', '>=', startsAt).orderBy('resolvedAt').limit(MOST).get(),
    all.where('resolvedAt', '==', null).limit(MOST).get(),
  ]);
  const incidents = found
    .flatMap(({ docs }) => docs)
    .flatMap((document) => readIncident(fromDocument(document.data())))
    .filter(({ openedAt }) => openedAt < endsAt.toISOString());
  const byId = new Map(incidents.map((incident) => [incident.incidentId, incident]));
  return [...byId.values()].sort((a, b) => a.openedAt.localeCompare(b.openedAt) || a.incidentId.localeCompare(b.incidentId)).slice(0, MOST);
}

/** Without its evidence, and without who acknowledged it. What was spoiled by hand is left out. */
function readIncident(data: Record<string, unknown>): ReportedIncident[] {
  const known = Object.fromEntries(Object.keys(ReportedIncident.shape).map((name) => [name, data[name]]));
  const incident = ReportedIncident.safeParse(known).data;
  return incident ? [incident] : [];
}
