import { type Documents, log, type World } from '#shared/runtime';
import { alertOf, isRetired } from './alertOf.ts';
import { judgeAlone, type Memory, recordHeld, remember } from './outage.ts';
import type { Finding } from './schema.ts';
import { applyFinding, MOST_STATES, readAlertStates } from './store.ts';
import { TELL_BOUNDS, tellOperators } from './tell.ts';
import type { WebhookBounds } from './webhook.ts';

export interface Judging {
  world: World;
  memory: Memory;
  webhook?: WebhookBounds;
}

export type Changes = Record<'opened' | 'escalated' | 'resolved', number>;

/**
 * Of one look in its worst minute: every alert is known, read with its incident and written, as many incidents as are looked at are told
 * and crossed off, and the channel is claimed and given back.
 */
export const JUDGE_BOUNDS: Documents = {
  reads: 3 * MOST_STATES + 3 * TELL_BOUNDS.incidents + 2,
  writes: 2 * MOST_STATES + TELL_BOUNDS.incidents + 2,
};

/**
 * Holds what was found against what is known, and tells operators what is new. Any number of watches may do it at the same time, and any
 * of them may die.
 *
 * @param findings - of one look; `database_down` among them says whether the database can be asked at all
 */
export async function judgeAll(findings: Finding[], { world, memory, webhook }: Judging): Promise<Changes> {
  const changes: Changes = { opened: 0, escalated: 0, resolved: 0 };
  const alone = { memory, world, ...(webhook ? { bounds: webhook } : {}) };
  if (isBad(findings, 'database_down')) {
    await judgeAlone(findings, alone);
    return changes;
  }
  try {
    await recordHeld(memory);
    const states = await readAlertStates();
    remember(memory, states);
    const apply = async (finding: Finding) => {
      const { change, after } = await applyFinding(finding, world);
      if (finding.state === 'bad') memory.known.add(finding.alert); // it stands there: should the database go now, it is not told anew
      if (change === 'none' || change === 'noted') return;
      changes[change] += 1;
      if (after?.incident.severity === 'critical' && change !== 'resolved') memory.untold.set(finding.alert, after);
    };
    const concerned = ({ alert, state }: Finding) => state === 'bad' || states.has(alert);
    const judged = [...withoutEchoes(findings, new Set(states.keys())), ...retirements(states.keys())];
    await Promise.all(judged.filter(concerned).map(apply));
    const channel = await tellOperators(world, webhook);
    memory.untold.clear();
    if (channel && concerned(channel)) await apply(channel);
  } catch (error) {
    // It answers, and then it does not: what is critical must not wait for it.
    log.error('incidents_not_written', { error });
    await judgeAlone(findings, alone);
  }
  return changes;
}

function isBad(findings: Finding[], alert: string): boolean {
  return findings.some((finding) => finding.alert === alert && finding.state === 'bad');
}

/** An incident of an alert that a deployment has removed would stay open for ever. */
function retirements(open: Iterable<string>): Finding[] {
  return [...open].filter(isRetired).map((alert) => ({ alert, state: 'good', observed: 'not watched any more' }));
}

/** One cause is one incident: what only follows from another alert is not judged while that one is bad, or not over. */
function withoutEchoes(findings: Finding[], open: Set<string>): Finding[] {
  const isEcho = ({ alert }: Finding) => alertOf(alert).echoOf.some((cause) => isBad(findings, cause) || open.has(cause));
  return findings.map((finding) => (isEcho(finding) ? { ...finding, state: 'unknown' } : finding));
}
