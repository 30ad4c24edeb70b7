import { listNewest } from '#shared/runtime';
import { Incident, IncidentId } from './schema.ts';

interface Asked {
  state?: Incident['state'] | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** A page of incidents, the newest first. */
export function listIncidents({ state, ...page }: Asked) {
  const read = (document: Record<string, unknown>) => Incident.strip().parse(document);
  return listNewest<Incident>({ collection: 'incidents', where: state === undefined ? {} : { state }, id: IncidentId, read }, page);
}
