/** What an alert says of itself; all of them stand in `alerts.ts`. */

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** In the two languages of the service. */
export interface Words {
  en: string;
  ko: string;
}

export interface AlertRow {
  /** With which it opens, when what was found says nothing else. */
  severity: Severity;
  /** Who notices: the watch each minute, or Cloud Monitoring from outside, also when we are dead. */
  judgedBy: 'watch' | 'monitoring';
  /** A warning that lasts so long, at as many looks as minutes, and that nobody has acknowledged, becomes critical. null: only when it worsens, if at all. */
  escalatesAfterMs: number | null;
  /** It has to be good for so long, and at as many looks as minutes, before it is over. 0: at the first look. */
  resolvesAfterMs: number;
  /** While one of these is bad, this one is its echo and is not judged. */
  echoOf: readonly string[];
  /** For people, as are the rest. */
  threshold: string;
  reason: string;
  title: Words;
  todo: Words;
}

export const MINUTE_MS = 60_000;

/** Of most: told at the first look, over at the fourth good one, so that what comes and goes is one incident. Jobs come a little early or late. */
export const USUAL = {
  judgedBy: 'watch',
  escalatesAfterMs: null,
  resolvesAfterMs: 2.5 * MINUTE_MS,
  echoOf: [],
} as const satisfies Partial<AlertRow>;
