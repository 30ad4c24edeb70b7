/**
 * A bucket's CORS rules, which hold for the XML API and thus for signed URLs. Refusing is the browser's part:
 * it does so when the headers are missing.
 *
 * @see https://cloud.google.com/storage/docs/cross-origin
 */

import type { CorsRule } from '../objectStore/storedObject.ts';
import type { Call } from './call.ts';

const DEFAULT_MAX_AGE_S = 3600;

/** For the answer to a preflight. Empty when no rule allows what the browser asks for. */
export function preflightHeaders(call: Call, rules: CorsRule[]): Record<string, string> {
  const method = call.headers['access-control-request-method'];
  const rule = typeof method === 'string' ? matchingRule(call, rules, method) : undefined;
  if (!rule) return {};
  return {
    ...allowedOrigin(call, rule),
    'access-control-allow-methods': rule.method.join(','),
    'access-control-allow-headers': rule.responseHeader.join(','),
    'access-control-max-age': String(rule.maxAgeSeconds ?? DEFAULT_MAX_AGE_S),
  };
}

/** For every other answer, refusals too: a page may read why it was refused. */
export function corsHeaders(call: Call, rules: CorsRule[]): Record<string, string> {
  const rule = matchingRule(call, rules, call.method);
  if (!rule) return {};
  return { ...allowedOrigin(call, rule), 'access-control-expose-headers': rule.responseHeader.join(', ') };
}

function matchingRule({ headers }: Call, rules: CorsRule[], method: string): CorsRule | undefined {
  const { origin } = headers;
  if (!origin) return undefined;
  return rules.find(
    (rule) =>
      rule.origin.some((allowed) => allowed === '*' || allowed === origin) &&
      rule.method.some((allowed) => allowed === '*' || allowed === method),
  );
}

function allowedOrigin({ headers }: Call, rule: CorsRule): Record<string, string> {
  return rule.origin.includes('*')
    ? { 'access-control-allow-origin': '*' }
    : { 'access-control-allow-origin': headers.origin ?? '', vary: 'Origin' };
}
