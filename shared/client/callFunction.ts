import type { CallOptions, Traits } from './call.ts';
import { FUNCTIONS, type Functions } from './functions.generated.ts';
import { type RetryRules, repeat, within } from './repeat.ts';
import { errorOf, noAnswer } from './soriError.ts';
import { NO_TOKENS, ofOnePerson, type Tokens, withToken } from './tokens.ts';

export interface Connection {
  /** Without a slash at its end. */
  baseUrl: string;
  fetch: typeof fetch;
  rules: RetryRules;
  tokens: Tokens;
}

const TIME_LIMIT_MS = 90_000;
/** Beyond what the function itself may take: for the way there and back. */
const WAY_MS = 10_000;

/**
 * Calls a function: with a token where it wants one, and again where that is safe and may help. Safe are reads, and what the service
 * recognises by its key.
 *
 * @throws {SoriError}, or the reason of the caller's signal
 */
export async function callFunction(
  { baseUrl, fetch, rules, tokens }: Connection,
  name: keyof Functions,
  input: Record<string, unknown>,
  { signal, timeLimitMs = TIME_LIMIT_MS, idempotencyKey }: CallOptions,
): Promise<unknown> {
  const traits: Traits = FUNCTIONS[name];
  const key = traits.isReplayed ? (idempotencyKey ?? newKey()) : undefined;
  const deadlineMs = performance.now() + timeLimitMs;
  const limitMs = Math.min(timeLimitMs, traits.timeoutS * 1000 + WAY_MS);
  const send = (token: string | undefined) =>
    within({ limitMs: Math.min(limitMs, deadlineMs - performance.now()), signal, outlivesWork: traits.answer === 'bytes' }, (over) => {
      const { url, init } = requestFor(`${baseUrl}/${name}`, traits, input, { token, key });
      return exchange(fetch, traits, url, { ...init, signal: over });
    });
  const theirs = traits.token === 'never' ? NO_TOKENS : ofOnePerson(tokens); // for all tries
  return await within({ limitMs: timeLimitMs, signal }, (over) => {
    const attempt = () => withToken(theirs, send);
    const isRepeatable = traits.method === 'GET' || traits.isRead === true || traits.isReplayed === true;
    return isRepeatable ? repeat(attempt, { rules, deadlineMs, signal: over }) : attempt();
  });
}

/** The fields that are given, as a query. */
export function queryOf(input: Record<string, unknown>): string {
  const given = Object.entries(input).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
}

interface Marks {
  token: string | undefined;
  key: string | undefined;
}

function requestFor(address: string, { method }: Traits, input: Record<string, unknown>, { token, key }: Marks) {
  const headers: Record<string, string> = {
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    ...(key === undefined ? {} : { 'Idempotency-Key': key }),
  };
  if (method === 'POST') {
    return { url: address, init: { method, headers: { ...headers, 'Content-Type': 'application/json' }, body: JSON.stringify(input) } };
  }
  const query = queryOf(input);
  return { url: query === '' ? address : `${address}?${query}`, init: { method, headers } };
}

async function exchange(fetch: Connection['fetch'], { answer, alsoStatus }: Traits, url: string, init: RequestInit): Promise<unknown> {
  const response = await reached(fetch(url, { ...init, credentials: 'omit' }));
  if (answer === 'bytes' && response.ok) return response;
  const text = await reached(response.text());
  const body = parse(text);
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json') ?? false;
  const isAnswer = response.ok || (response.status === alsoStatus && !isProblem);
  if (isAnswer && typeof body === 'object' && body !== null) return body;
  throw errorOf(response.status, response.headers, body);
}

/** `fetch` tells every failure of the network by a TypeError, and most of them by no more. */
async function reached<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    throw noAnswer('The service could not be reached, or the connection broke.', error);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Pages that were not loaded by https have no `randomUUID`. */
function newKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
