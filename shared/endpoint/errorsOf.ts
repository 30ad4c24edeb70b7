import type { z } from 'zod';
import { catalogue, NO_SUCH_ID, type ProblemCode } from '#shared/runtime';
import type { Endpoint } from './endpoint.ts';

type Traits = Pick<Endpoint, 'name' | 'method' | 'access' | 'needs' | 'idempotency' | 'input' | 'output' | 'errors'>;

/**
 * Every problem that a call of the endpoint can end in: those its definition names, and those that the pipeline brings by its
 * method, access, needs and the rest. In the order of the catalogue.
 */
export function errorsOf(endpoint: Traits): ProblemCode[] {
  const possible = new Set([...endpoint.errors, ...fromPipeline(endpoint)]);
  return (Object.keys(catalogue) as ProblemCode[]).filter((code) => possible.has(code));
}

function fromPipeline({ name, method, access, needs, idempotency, input, output }: Traits): ProblemCode[] {
  // A query can be malformed, a field unknown, a gate closed, the database down, whatever the function does.
  const codes: ProblemCode[] = ['malformed_request', 'invalid_input', 'rate_limited', 'internal', 'feature_unavailable'];
  codes.push('unauthenticated'); // a public function too refuses a bad token
  if (access !== 'scheduler') codes.push('session_ended');
  if (access === 'admin') codes.push('role_required');
  if (name !== 'answerUnknown') codes.push('method_not_allowed');
  if (method === 'POST') codes.push('payload_too_large', 'unsupported_media_type', 'request_timeout');
  if (Object.values(needs).some(({ isEach }) => !isEach) || Object.values(input.shape).some(isIdOfThing)) codes.push('not_found');
  if (idempotency === 'replay') codes.push('idempotency_key_reused');
  if (output === 'bytes') codes.push('range_not_satisfiable');
  return codes;
}

/** What can be no id of ours names nothing, whether or not a rule guards the thing. */
function isIdOfThing(field: z.core.$ZodType): boolean {
  const { error } = (field as z.ZodType).safeParse('');
  return error?.issues.some(({ message }) => message === NO_SUCH_ID) ?? false;
}
