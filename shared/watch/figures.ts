/** Looks at what requests have lately been answered, and how fast. */
import { areFiguresLate, recentFigures } from '#shared/figures';
import type { AlertName, Finding } from '#shared/incidents';
import { bad, type Check, good, unknown } from './check.ts';

const ERRORS = { minutes: 5, least: 100, share: 0.01, criticalShare: 0.05 };
const LATENCY = { minutes: 10, least: 50, p95Ms: 1_000, signInCheckP95Ms: 100 };
/** The minutes are rolled up by this function itself: the last two have not been yet. */
const BEHIND_MINUTES = 2;

export const figures: Check = {
  name: 'figures',
  alerts: ['error_rate', 'latency', 'sign_in_check_slow'],
  limitMs: 5_000,
  whenItFails: 'unknown',
  async look({ clock }) {
    const [isLate, short, long] = await Promise.all([
      areFiguresLate(clock),
      recentFigures(clock, ERRORS.minutes + BEHIND_MINUTES),
      recentFigures(clock, LATENCY.minutes + BEHIND_MINUTES),
    ]);
    if (isLate) return this.alerts.map((alert) => unknown(alert, 'figures are late'));
    const { requests, errors5xx, errorShare } = short;
    const errors = { count: requests, isOver: errorShare > ERRORS.share, observed: `${errors5xx} of ${requests} requests` };
    return [
      judgeShare('error_rate', { ...errors, least: ERRORS.least, isWorse: errorShare > ERRORS.criticalShare }),
      slow('latency', { p95Ms: long.p95Ms, mostMs: LATENCY.p95Ms, count: long.requests, of: 'requests' }),
      slow('sign_in_check_slow', {
        ...{ p95Ms: long.signInCheckP95Ms, mostMs: LATENCY.signInCheckP95Ms },
        ...{ count: long.signInChecks, of: 'checks' },
      }),
    ];
  },
};

interface Share {
  isOver: boolean;
  isWorse?: boolean;
  /** Of so many. */
  count: number;
  least: number;
  observed: string;
}

/** A few say nothing by themselves: nothing opens by them, and nothing that is open is over while they are no better. */
function judgeShare(alert: AlertName, { isOver, isWorse = false, count, least, observed }: Share): Finding {
  if (!isOver) return good(alert, observed);
  return count >= least ? bad(alert, observed, isWorse) : unknown(alert, observed);
}

function slow(
  alert: AlertName,
  { p95Ms, mostMs, count, of }: { p95Ms: number | null; mostMs: number; count: number; of: string },
): Finding {
  const observed = `${Math.round(p95Ms ?? 0)} ms, ${count} ${of}`;
  return judgeShare(alert, { isOver: p95Ms !== null && p95Ms > mostMs, count, least: LATENCY.least, observed });
}
