/** The rule alone: what a finding means for an alert that stands as it does. */
import type { Severity } from './alert.ts';
import { alertOf } from './alertOf.ts';
import type { AlertState, Finding, Notice, StoredIncident } from './schema.ts';

/** How an alert stands; nothing at all while all is well. */
export interface Standing {
  state: AlertState;
  incident: StoredIncident;
}

export interface Judgement {
  change: 'none' | 'noted' | Notice['kind'];
  /** null: it is over, and what was known of the alert goes. */
  after: Standing | null;
}

const EVIDENCE = {
  /** The first look, and the last ones. */
  most: 10,
  /** What is found unchanged is not written down each minute. */
  everyMs: 10 * 60_000,
};

/**
 * Time alone proves nothing: a clock may jump, and those of two instances may be hours apart. There are as many looks as minutes; of two,
 * one may have been such a one.
 */
function looksFor(ms: number): number {
  return Math.max(2, Math.ceil(ms / 60_000));
}

/**
 * @param before - undefined while all is well
 * @param incidentId - of the incident that it opens, if it does
 */
export function judge(before: Standing | undefined, finding: Finding, now: Date, incidentId: string): Judgement {
  if (finding.state === 'unknown') return unchanged(before);
  if (!before) return finding.state === 'bad' ? open(finding, now, incidentId) : unchanged(before);
  return finding.state === 'bad' ? goOn(before, finding, now) : recover(before, finding, now);
}

function unchanged(before: Standing | undefined): Judgement {
  return { change: 'none', after: before ?? null };
}

export function open(finding: Finding, now: Date, incidentId: string): { change: 'opened'; after: Standing } {
  const { name, title } = alertOf(finding.alert);
  const at = now.toISOString();
  const opened: StoredIncident = {
    ...{ incidentId, alert: name, severity: severityOf(finding), state: 'open', title, evidence: [evidenceOf(finding, now)] },
    ...{ openedAt: at, escalatedAt: null, acknowledgedAt: null, acknowledgedBy: null, resolvedAt: null, updatedAt: at },
    ...{ createdAt: at, notices: [], isUntold: false },
  };
  const state: AlertState = { alert: name, incidentId, badSinceAt: at, badLooks: 1, goodSinceAt: null, goodLooks: 0 };
  return { change: 'opened', after: { state, incident: withNotice(opened, 'opened', now) } };
}

export function severityOf({ alert, isWorse }: Finding): Severity {
  return isWorse ? 'critical' : alertOf(alert).severity;
}

function goOn({ state, incident }: Standing, finding: Finding, now: Date): Judgement {
  const most = looksFor(alertOf(finding.alert).escalatesAfterMs ?? 0); // beyond, nobody counts
  const looks = { badLooks: Math.min(most, state.badLooks + 1), goodSinceAt: null, goodLooks: 0 };
  // A clock that was set back must not make it look young for ever.
  const badSinceAt = isAhead(state.badSinceAt, now) ? now.toISOString() : state.badSinceAt;
  const after = { ...state, ...looks, badSinceAt };
  if (shouldEscalate({ state: after, incident }, finding, now)) {
    const at = now.toISOString();
    const worse: StoredIncident = { ...noted(incident, finding, now), severity: 'critical', escalatedAt: at };
    return { change: 'escalated', after: { state: after, incident: withNotice(worse, 'escalated', now) } };
  }
  const isWorthNoting = isNews(incident, finding, now);
  if (!isWorthNoting && JSON.stringify(after) === JSON.stringify(state)) return { change: 'none', after: { state, incident } };
  return { change: 'noted', after: { state: after, incident: isWorthNoting ? noted(incident, finding, now) : incident } };
}

function shouldEscalate({ state, incident }: Standing, finding: Finding, now: Date): boolean {
  if (incident.severity !== 'warning') return false;
  if (severityOf(finding) === 'critical') return true;
  const { escalatesAfterMs } = alertOf(finding.alert);
  const isKnownToSomebody = incident.state === 'acknowledged';
  if (escalatesAfterMs === null || isKnownToSomebody) return false;
  return state.badLooks >= looksFor(escalatesAfterMs) && sinceMs(state.badSinceAt, now) >= escalatesAfterMs;
}

function recover({ state, incident }: Standing, finding: Finding, now: Date): Judgement {
  const { resolvesAfterMs } = alertOf(finding.alert);
  const goodSinceAt = state.goodSinceAt === null || isAhead(state.goodSinceAt, now) ? now.toISOString() : state.goodSinceAt;
  const looks = looksFor(resolvesAfterMs);
  const goodLooks = Math.min(looks, state.goodLooks + 1);
  if (resolvesAfterMs === 0 || (goodLooks >= looks && sinceMs(goodSinceAt, now) >= resolvesAfterMs)) {
    const over: StoredIncident = { ...noted(incident, finding, now), state: 'resolved', resolvedAt: now.toISOString() };
    return { change: 'resolved', after: { state, incident: withNotice(over, 'resolved', now) } };
  }
  const after = { ...state, badLooks: 0, goodSinceAt, goodLooks };
  return { change: JSON.stringify(after) === JSON.stringify(state) ? 'none' : 'noted', after: { state: after, incident } };
}

function noted(incident: StoredIncident, finding: Finding, now: Date): StoredIncident {
  const [first, ...rest] = [...incident.evidence, evidenceOf(finding, now)];
  const evidence = [...(first ? [first] : []), ...rest.slice(1 - EVIDENCE.most)];
  return { ...incident, evidence, updatedAt: now.toISOString() };
}

function isNews({ evidence }: StoredIncident, { observed }: Finding, now: Date): boolean {
  const last = evidence.at(-1);
  return last === undefined || last.observed !== observed || sinceMs(last.at, now) >= EVIDENCE.everyMs || isAhead(last.at, now);
}

function evidenceOf({ alert, observed }: Finding, now: Date) {
  return { at: now.toISOString(), observed: observed.slice(0, 200), threshold: alertOf(alert).threshold };
}

/** The log hears of everything, the webhook of what somebody has to do something about. */
function withNotice(incident: StoredIncident, kind: Notice['kind'], now: Date): StoredIncident {
  const notice = { kind, noticedAt: now.toISOString(), isLogged: false, isSent: incident.severity === 'info' };
  return { ...incident, notices: [...incident.notices, notice], isUntold: true };
}

function sinceMs(at: string, now: Date): number {
  return now.getTime() - Date.parse(at);
}

function isAhead(at: string, now: Date): boolean {
  return sinceMs(at, now) < 0;
}
