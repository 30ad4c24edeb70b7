import type { AlertRow } from './alert.ts';
import { ALERTS } from './alerts.ts';

export interface KnownAlert extends AlertRow {
  name: string;
}

const byName = new Map<string, KnownAlert>(ALERTS.map((alert) => [alert.name, alert]));

/** Of an alert that a deployment has taken out of the table: its incidents stay as they are, and those that are open end at the next look. */
const retired: AlertRow = {
  ...{ severity: 'info', judgedBy: 'watch', escalatesAfterMs: null, resolvesAfterMs: 0, echoOf: [] },
  threshold: 'not watched any more',
  reason: 'A deployment has removed the alert.',
  title: { en: 'An alert that is not watched any more', ko: '더 이상 감시하지 않는 알림입니다' },
  todo: { en: 'Nothing.', ko: '할 일이 없습니다.' },
};

export function alertOf(name: string): KnownAlert {
  return byName.get(name) ?? { ...retired, name };
}

export function isRetired(name: string): boolean {
  return !byName.has(name);
}
