/** What the channels say: an incident in both languages, with its id, which tells a message that comes twice from a second incident. */
import type { Severity } from './alert.ts';
import { alertOf } from './alertOf.ts';
import type { Notice, StoredIncident } from './schema.ts';

const SEVERITY = {
  info: { en: 'info', ko: '정보' },
  warning: { en: 'warning', ko: '경고' },
  critical: { en: 'critical', ko: '심각' },
} as const satisfies Record<Severity, object>;

const KIND = {
  opened: { en: 'opened', ko: '발생' },
  escalated: { en: 'has become critical', ko: '심각해짐' },
  resolved: { en: 'resolved', ko: '해결됨' },
} as const satisfies Record<Notice['kind'], object>;

/** Slack cuts beyond 40,000 characters; people stop reading long before. */
const MOST_SHOWN = 20;

/** One text for all of them. */
export function messageOf(incidents: StoredIncident[]): string {
  const rest = incidents.length - MOST_SHOWN;
  const more = rest > 0 ? [`… ${rest} more: listIncidents. 외 ${rest}건은 listIncidents에 있습니다.`] : [];
  return [...incidents.slice(0, MOST_SHOWN).map(paragraph), ...more].join('\n\n');
}

function paragraph(incident: StoredIncident): string {
  const { alert, severity, incidentId, title, evidence, notices } = incident;
  const { todo } = alertOf(alert);
  const unsaid = notices.filter(({ isSent }) => !isSent);
  const kinds = [...new Set(unsaid.map(({ kind }) => kind))];
  const isOver = incident.state === 'resolved';
  const found = evidence.at(-1);
  return [
    `[${SEVERITY[severity].en}] ${title.en}: ${kinds.map((kind) => KIND[kind].en).join(', ')}`,
    `[${SEVERITY[severity].ko}] ${title.ko}: ${kinds.map((kind) => KIND[kind].ko).join(', ')}`,
    ...(isOver || !found ? [] : [escaped(`${found.observed} (${found.threshold})`), `${todo.en} ${todo.ko}`]),
    `${incidentId} · ${incident.openedAt} · ${pageOf(alert)}`,
  ].join('\n');
}

/** As Slack wants it: docs.slack.dev/messaging/formatting-message-text#escaping */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** The section of the runbook. */
function pageOf(name: string): string {
  return `docs/runbook.md#${name}`;
}
