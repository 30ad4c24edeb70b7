/** Looks at what requests have lately been answered, and how fast. */
import { recentFigures } from '#shared/figures';
import { bad, type Check, good } from './check.ts';

const ERRORS = { minutes: 5, requests: 100, share: 0.01, criticalShare: 0.05 };
const LATENCY = { minutes: 10, requests: 50, p95Ms: 1_000, signInCheckP95Ms: 100 };
/** The minutes are rolled up by this function itself: the last two have not been yet. */
const BEHIND_MINUTES = 2;

export const figures: Check = {
  name: 'figures',
  alerts: ['error_rate', 'latency', 'sign_in_check_slow'],
  limitMs: 5_000,
  whenItFails: 'unknown',
  async look({ clock }) {
    const [short, long] = await Promise.all([
      recentFigures(clock, ERRORS.minutes + BEHIND_MINUTES),
      recentFigures(clock, LATENCY.minutes + BEHIND_MINUTES),
    ]);
    const { requests, errors5xx, errorShare } = short;
    const isManyErrors = requests >= ERRORS.requests && errorShare > ERRORS.share;
    const errors = `${errors5xx} of ${requests} requests`;
    const slow = (alert: 'latency' | 'sign_in_check_slow', p95Ms: number | null, mostMs: number) => {
      const observed = `${Math.round(p95Ms ?? 0)} ms, ${long.requests} requests`;
      return p95Ms !== null && long.requests >= LATENCY.requests && p95Ms > mostMs ? bad(alert, observed) : good(alert, observed);
    };
    return [
      isManyErrors ? bad('error_rate', errors, errorShare > ERRORS.criticalShare) : good('error_rate', errors),
      slow('latency', long.p95Ms, LATENCY.p95Ms),
      slow('sign_in_check_slow', long.signInCheckP95Ms, LATENCY.signInCheckP95Ms),
    ];
  },
};
