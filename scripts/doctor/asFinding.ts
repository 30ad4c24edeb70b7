/** What the service's own watch looks at each minute, as a finding of the doctor. */
import { alertOf, type Finding as Watched } from '#shared/incidents';
import { type Finding, sound, together } from './check.ts';

export function asFinding(findings: Watched[]): Finding {
  return together(findings.map(toFinding));
}

function toFinding({ alert, state, observed }: Watched): Finding {
  const { title, todo, severity } = alertOf(alert);
  if (state === 'good') return sound(`${alert}: ${observed}`);
  const mark = state === 'bad' && severity === 'critical' ? 'broken' : 'doubtful';
  return { mark, seen: [`${alert}: ${title.en}: ${observed}`], next: todo };
}
