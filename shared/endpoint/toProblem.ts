import { DeadlineExceeded, HttpFailure, Problem, problem } from '#shared/runtime';
import type { Endpoint } from './endpoint.ts';

// grpc.github.io/grpc/core/md_doc_statuscodes.html: deadline exceeded, resource exhausted, aborted, unavailable
const GRPC_OUTAGE = new Set<unknown>([4, 8, 10, 14]);
const AUTH_OUTAGE = new Set<unknown>(['app/network-error', 'app/network-timeout', 'auth/internal-error']);
const RETRY_AFTER_S = 10;

/** Whatever was thrown, as the problem that the caller is told. The thrown thing stays as its cause, for the log. */
export function toProblem(thrown: unknown, endpoint: Endpoint): Problem {
  if (thrown instanceof Problem) return thrown;
  if (isOutage(thrown)) {
    const feature = endpoint.feature === 'none' ? endpoint.name : endpoint.feature;
    return problem('feature_unavailable', { feature, reason: 'database', retryAfterS: RETRY_AFTER_S }, thrown);
  }
  return problem('internal', {}, thrown);
}

function isOutage(thrown: unknown): boolean {
  if (thrown instanceof DeadlineExceeded || thrown instanceof HttpFailure) return true;
  const code = (thrown as { code?: unknown } | null)?.code;
  return GRPC_OUTAGE.has(code) || AUTH_OUTAGE.has(code);
}
