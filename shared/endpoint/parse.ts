import { z } from 'zod';
import { addLogContext, type Issue, NO_SUCH_ID, problem } from '#shared/runtime';
import type { Exchange } from './exchange.ts';

const MOST_ISSUES = 20;

/**
 * The input of the call, valid by the definition's schema.
 *
 * @throws `malformed_request`, `invalid_input` with an issue per fault, or `not_found` when all that is wrong is an id that
 *   can name nothing
 */
export function parseInput({ endpoint, url, body }: Exchange): Record<string, unknown> {
  const raw = endpoint.method === 'GET' ? readQuery(url, endpoint.input) : body;
  const result = endpoint.input.safeParse(raw);
  if (result.success) {
    addLogContext({ said: [result.data, raw] }); // no text of an error repeats it: as it was sent, and as it was understood
    return result.data;
  }
  const faults = result.error.issues.filter((issue) => issue.message !== NO_SUCH_ID);
  if (faults.length === 0) throw problem('not_found');
  throw problem('invalid_input', { issues: faults.slice(0, MOST_ISSUES).map(toIssue) });
}

function toIssue({ path, message }: z.core.$ZodIssue): Issue {
  return { path: path.map(String).join('.').slice(0, 100), message: message.slice(0, 200) };
}

/** Query parameters are text; those whose schema is a number or a boolean become one when they look like one. */
function readQuery(url: URL, input: z.ZodObject): Record<string, unknown> {
  if (!isWellEncoded(url.search)) throw problem('malformed_request', { reason: 'The query is not percent-encoded UTF-8.' });
  const entries = [...url.searchParams];
  const names = new Set(entries.map(([name]) => name));
  if (names.size < entries.length) throw problem('malformed_request', { reason: 'A query parameter is given twice.' });
  return Object.fromEntries(entries.map(([name, value]) => [name, convert(value, input.shape[name])]));
}

function convert(value: string, schema: unknown): unknown {
  const plain = unwrap(schema);
  if (plain instanceof z.ZodNumber && /^-?\d{1,15}$/.test(value)) return Number(value);
  if (plain instanceof z.ZodBoolean && /^(true|false)$/.test(value)) return value === 'true';
  return value;
}

function unwrap(schema: unknown): unknown {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault ? unwrap(schema.unwrap()) : schema;
}

function isWellEncoded(query: string): boolean {
  try {
    decodeURIComponent(query);
    return true;
  } catch {
    return false;
  }
}
