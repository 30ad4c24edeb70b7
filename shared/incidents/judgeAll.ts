import { log, type World } from '#shared/runtime';
import { type AlertName, alertOf } from './alerts.ts';
import type { Judgement } from './judge.ts';
import { judgeAlone, type Memory, recordHeld, remember } from './outage.ts';
import type { Finding } from './schema.ts';
import { applyFinding, readAlertStates } from './store.ts';
import { tellOperators } from './tell.ts';
import type { WebhookBounds } from './webhook.ts';

export interface Judging {
  world: World;
  memory: Memory;
  webhook?: WebhookBounds;
}

export type Changes = Record<'opened' | 'escalated' | 'resolved', number>;

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
    const count = (change: Judgement['change']) => {
      if (change !== 'none' && change !== 'noted') changes[change] += 1;
    };
    const states = await readAlertStates();
    remember(memory, states);
    const apply = async (finding: Finding) => {
      count(await applyFinding(finding, world));
      if (finding.state === 'bad') memory.known.add(finding.alert); // it stands there: should the database go now, it is not told anew
    };
    const concerned = ({ alert, state }: Finding) => state === 'bad' || states.has(alert);
    await Promise.all(withoutEchoes(findings, new Set(states.keys())).filter(concerned).map(apply));
    const channel = await tellOperators(world, webhook);
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

/** One cause is one incident: what only follows from another alert is not judged while that one is bad, or not over. */
function withoutEchoes(findings: Finding[], open: Set<AlertName>): Finding[] {
  const isEcho = ({ alert }: Finding) => alertOf(alert).echoOf.some((cause) => isBad(findings, cause) || open.has(cause as AlertName));
  return findings.map((finding) => (isEcho(finding) ? { ...finding, state: 'unknown' } : finding));
}
