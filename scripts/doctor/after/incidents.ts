import { alertOf, listIncidents } from '#shared/incidents';
import { broken, type Check, doubtful, sound } from '../check.ts';

const SHOWN = 10;

export const incidents: Check = {
  name: 'incidents',
  list: 'after',
  summary: { en: 'nothing is wrong that the service has noticed by itself', ko: '열린 장애' },
  async look() {
    const states = ['open', 'acknowledged'] as const;
    const open = (await Promise.all(states.map((state) => listIncidents({ state, limit: SHOWN })))).flatMap(({ items }) => items);
    if (open.length === 0) return sound('no incident is open');
    const [first] = open;
    const told = open.map(({ alert, severity, title, openedAt }) => `${severity}: ${alert}: ${title.en}, since ${openedAt}`);
    const next = first ? alertOf(first.alert).todo : { en: 'docs/runbook.md', ko: 'docs/ko/runbook.md' };
    return open.some(({ severity }) => severity === 'critical') ? broken(told, next) : doubtful(told, next);
  },
};
