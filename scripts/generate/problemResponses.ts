/** The answers of an operation that are problems, grouped by status: one form, shared by all operations with the same codes. */
import { errorsOf } from '#shared/endpoint';
import { catalogue, type ProblemCode } from '#shared/runtime';
import type { RegisteredEndpoint } from '../loadEndpoints.ts';
import { problemExample } from './problemExample.ts';

export interface Responses {
  /** By status, for the operation. */
  byStatus: Record<string, { $ref: string }>;
  /** By name, for `components.responses`. */
  components: Record<string, object>;
}

export function problemResponses(endpoint: RegisteredEndpoint): Responses {
  const groups = Map.groupBy(errorsOf(endpoint), (code) => catalogue[code].status);
  const found: Responses = { byStatus: {}, components: {} };
  for (const [status, codes] of groups) {
    const name = codes.join('.');
    found.byStatus[status] = { $ref: `#/components/responses/${name}` };
    found.components[name] = problemResponse(status, codes);
  }
  return found;
}

function problemResponse(status: number, codes: ProblemCode[]): object {
  return {
    description: codes.map((code) => `\`${code}\`: ${catalogue[code].title}`).join('; '),
    headers: headerRefs(['X-Request-Id', ...headersOf(status, codes)]),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { status: { const: status }, code: { enum: codes } } }],
        },
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  };
}

/** Those of the catalogue that say `later` tell how much later. */
function headersOf(status: number, codes: ProblemCode[]): string[] {
  const byStatus: Record<number, string[]> = {
    401: ['WWW-Authenticate'],
    405: ['Allow'],
    416: ['Content-Range'],
    429: ['RateLimit', 'RateLimit-Policy'],
  };
  return [...(byStatus[status] ?? []), ...(codes.some((code) => catalogue[code].retry === 'later') ? ['Retry-After'] : [])];
}

/** For `components.examples`. */
export function problemExamples(): Record<string, object> {
  const codes = Object.keys(catalogue) as ProblemCode[];
  return Object.fromEntries(codes.map((code) => [code, { summary: catalogue[code].title, value: problemExample(code) }]));
}

export function headerRefs(names: string[]): object {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** @see RFC 9457, 3.1 for the first four */
export const PROBLEM_SCHEMA = {
  type: 'object',
  description: 'A problem as RFC 9457 has it. docs/errors.md lists all codes. Some have fields of their own besides these.',
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', enum: Object.keys(catalogue) },
    requestId: { type: 'string', description: 'The same as in X-Request-Id. Quote it when you ask for help.' },
    issues: {
      type: 'array',
      description: 'With `invalid_input`: each fault of the input.',
      items: {
        type: 'object',
        properties: { path: { type: 'string' }, message: { type: 'string' } },
        required: ['path', 'message'],
      },
    },
    retryAfterS: { type: 'integer', description: 'With what passes by itself: seconds until a repetition makes sense.' },
  },
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
};
