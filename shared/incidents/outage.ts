/**
 * While the database is away there is nowhere to write an incident down. What is critical is then kept by the process that noticed it, goes
 * out all the same, and is written down afterwards. Another process, or the next one when this one dies, tells it once more, under an id of
 * its own: nobody can be asked.
 */
import type { World } from '#shared/runtime';
import { open, type Standing, severityOf } from './judge.ts';
import { messageOf } from './message.ts';
import type { AlertState, Finding, StoredIncident } from './schema.ts';
import { recordStanding } from './store.ts';
import { logNotices } from './tell.ts';
import { sendMessage, WEBHOOK_BOUNDS, type WebhookBounds } from './webhook.ts';

/** What one process knows by itself. */
export interface Memory {
  /** Open when the database was last seen: told already, or about to be by whoever can read of it. */
  known: Set<string>;
  /** Critical and written down in this very look, and not yet told: should the database go now, nobody could read of it. */
  untold: Map<string, Standing>;
  held: Map<string, Standing>;
}

export function newMemory(): Memory {
  return { known: new Set(), untold: new Map(), held: new Map() };
}

export function remember(memory: Memory, states: Map<string, AlertState>): void {
  memory.known = new Set(states.keys());
}

/** Tells what is critical and new, once. What the webhook does not take is tried again the next time. */
export async function judgeAlone(
  findings: Finding[],
  { memory, world, bounds = WEBHOOK_BOUNDS }: { memory: Memory; world: World; bounds?: WebhookBounds },
): Promise<void> {
  const now = new Date(world.clock.now());
  for (const [alert, standing] of memory.untold) memory.held.set(alert, standing);
  memory.untold.clear();
  for (const finding of findings) {
    const isNew = finding.state === 'bad' && !memory.known.has(finding.alert) && !memory.held.has(finding.alert);
    if (isNew && severityOf(finding) === 'critical') memory.held.set(finding.alert, open(finding, now, world.newId('inc')).after);
  }
  const incidents = [...memory.held.values()].map(({ incident }) => incident);
  for (const incident of incidents) logNotices(incident);
  const unsent = incidents.filter(({ notices }) => notices.some(({ isSent }) => !isSent));
  const isSent = unsent.length > 0 && (await sendMessage(messageOf(unsent), world, bounds)).isAccepted;
  for (const [alert, { state, incident }] of memory.held) memory.held.set(alert, { state, incident: told(incident, isSent) });
}

function told(incident: StoredIncident, isSent: boolean): StoredIncident {
  const notices = incident.notices.map((notice) => ({ ...notice, isLogged: true, isSent: notice.isSent || isSent }));
  return { ...incident, notices, isUntold: notices.some((notice) => !notice.isSent) };
}

/** The database is back. What could not be sent meanwhile is now sent as everything else is. */
export async function recordHeld(memory: Memory): Promise<void> {
  for (const [alert, standing] of memory.held) {
    await recordStanding(standing);
    memory.held.delete(alert);
  }
}
