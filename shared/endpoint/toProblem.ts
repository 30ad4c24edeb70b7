import { AuthSilent, isOutage } from '#shared/access';
import { HttpFailure, Problem, problem } from '#shared/runtime';
import type { Endpoint } from './endpoint.ts';

const AUTH_OUTAGE = new Set<unknown>(['app/network-error', 'app/network-timeout', 'auth/internal-error']);
const RETRY_AFTER_S = 10;

/** Whatever was thrown, as the problem that the caller is told. The thrown thing stays as its cause, for the log. */
export function toProblem(thrown: unknown, endpoint: Endpoint): Problem {
  if (thrown instanceof Problem) return thrown;
  const reason = reasonOf(thrown);
  if (!reason) return problem('internal', {}, thrown);
  const feature = endpoint.feature === 'none' ? endpoint.name : endpoint.feature;
  return problem('feature_unavailable', { feature, reason, retryAfterS: RETRY_AFTER_S }, thrown);
}

function reasonOf(thrown: unknown): 'database' | 'signIn' | undefined {
  try {
    return isAuthOutage(thrown) ? 'signIn' : isOutage(thrown) ? 'database' : undefined;
  } catch {
    return undefined; // even to look at it fails: whoever waits has their answer all the same
  }
}

/** Over HTTP only Google's sign-in is asked without an answer of our own to its failures. One that is silent is not the database. */
function isAuthOutage(thrown: unknown): boolean {
  return thrown instanceof AuthSilent || thrown instanceof HttpFailure || AUTH_OUTAGE.has((thrown as { code?: unknown } | null)?.code);
}
