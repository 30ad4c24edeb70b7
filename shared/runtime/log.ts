/**
 * Structured logs in Cloud Logging's form, by pino. Every line carries what `withLogContext` holds: function, request id, trace.
 * An error that nobody expected is an entry that Cloud Error Reporting groups, and is handed to whoever listens (`tellErrors`).
 *
 * Nothing secret or personal belongs in a line (G13). Error texts of libraries are the one place where it could slip in,
 * so `describeError` masks what looks like an address, a token or a key.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { pino } from 'pino';
import { config } from './config.ts';

export interface LogContext {
  function?: string;
  requestId?: string;
  /** 32 hex digits, W3C trace context. */
  traceId?: string;
  /** 16 hex digits. */
  spanId?: string;
  /** Of whoever called us; 16 hex digits. */
  parentSpanId?: string | undefined;
  /** Whether the spans of this trace are collected. @default true */
  isSampled?: boolean;
  uidHash?: string;
  /** Of the request that is answered. */
  method?: string | undefined;
  /** What the caller has written: never logged, and taken out of texts of errors that repeat it. */
  said?: unknown;
}

const contexts = new AsyncLocalStorage<LogContext>();

/** Runs `work`; every line logged inside carries `context`. */
export function withLogContext<T>(context: LogContext, work: () => T): T {
  return contexts.run({ ...contexts.getStore(), ...context }, work);
}

/** Adds to the context of the work that runs now. */
export function addLogContext(more: LogContext): void {
  Object.assign(contexts.getStore() ?? {}, more);
}

/** The trace of the work that runs now, as a `traceparent` header for what it calls. */
export function traceparent(): string | undefined {
  const { traceId, spanId, isSampled = true } = contexts.getStore() ?? {};
  return traceId && spanId ? `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}` : undefined;
}

/** What the work that runs now belongs to. */
export function logContext(): LogContext {
  return contexts.getStore() ?? {};
}

// https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#LogSeverity
const SEVERITY: Record<string, string> = { debug: 'DEBUG', info: 'INFO', warn: 'WARNING', error: 'ERROR', fatal: 'CRITICAL' };

let logger: pino.Logger | undefined;

function root(): pino.Logger {
  logger ??= pino({
    level: config().LOG_LEVEL,
    base: null,
    messageKey: 'message',
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ severity: SEVERITY[label] ?? 'DEFAULT' }) },
    mixin: cloudContext,
  });
  return logger;
}

function cloudContext(): object {
  const { traceId, spanId, isSampled, parentSpanId: _parent, method: _method, said: _said, ...rest } = logContext();
  if (!traceId) return rest;
  return {
    ...rest,
    'logging.googleapis.com/trace': `projects/${config().GOOGLE_CLOUD_PROJECT}/traces/${traceId}`,
    'logging.googleapis.com/spanId': spanId,
    ...(isSampled === undefined ? {} : { 'logging.googleapis.com/trace_sampled': isSampled }),
  };
}

/** `code` names the event in snake_case, so that logs can be searched and counted; `fields` are its figures. */
type Write = (code: string, fields?: Record<string, unknown>) => void;

function at(level: 'debug' | 'info' | 'warn' | 'error'): Write {
  return (code, given = {}) => {
    const { error, ...fields } = given;
    const described = 'error' in given ? describeError(error) : undefined; // `undefined` can be thrown too
    const event = level === 'error' && described ? errorEvent(described, fields['status']) : {};
    root()[level]({ code, ...fields, ...event, ...(described ? { error: described } : {}) }, code);
    if (level === 'error' && described) onError?.({ code, error: described, context: logContext() });
  };
}

/** An unexpected error, with nothing in it that is nobody's business. */
export interface ToldError {
  code: string;
  error: DescribedError;
  context: LogContext;
}

let onError: ((told: ToldError) => void) | undefined;

/** @param listener - is told of every unexpected error, after it is in the log. It must not throw, and nobody waits for it. */
export function tellErrors(listener: typeof onError): void {
  onError = listener;
}

/** @see https://cloud.google.com/error-reporting/reference/rest/v1beta1/projects.events/report#ReportedErrorEvent */
function errorEvent(error: DescribedError, status: unknown): object {
  const { function: name, method, uidHash } = logContext();
  const { K_SERVICE, K_REVISION } = config();
  // The function's own path: what a caller wrote into path and query is the caller's.
  const httpRequest = method && { method, url: `/v1/${name}`, ...(typeof status === 'number' ? { responseStatusCode: status } : {}) };
  const stack = stackOf(error);
  return {
    '@type': 'type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent',
    serviceContext: { service: K_SERVICE ?? name ?? 'sori', version: K_REVISION ?? 'local' },
    ...(stack ? { stack_trace: stack } : {}),
    context: {
      ...(httpRequest ? { httpRequest } : {}),
      ...(uidHash ? { user: uidHash } : {}),
      ...(stack ? {} : { reportLocation: { functionName: name ?? 'process' } }), // one of both must be there
    },
  };
}

function stackOf({ stack, cause }: DescribedError): string | undefined {
  const below = cause && (stackOf(cause) ?? cause.message);
  return stack && below ? `${stack}\nCaused by: ${below}` : stack;
}

export const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };

/** A uid in logs: the same for the same person, and no way back. */
export function hashUid(uid: string): string {
  return createHash('sha256').update(uid).digest('hex').slice(0, 16);
}

export interface DescribedError {
  message: string;
  name?: string;
  code?: string | number;
  /** Name, message and frames; absent where nobody knows where it was thrown. */
  stack?: string;
  /** Of an error that stands for several, the first of these. */
  cause?: DescribedError;
}

/** Characters. Whoever says more than this says somebody's data; and what reads a log refuses long entries as a whole. */
const MOST_TEXT = 4_000;
const MOST_FRAMES = 8_000;
const MOST_READ = 100_000;
const MOST_CAUSES = 5;

/** Name, code, masked text and stack of whatever was thrown, and of its causes. Never throws, and takes no longer for a text without end. */
export function describeError(error: unknown, mostCauses = MOST_CAUSES): DescribedError {
  const [message, stack] = [read(error, 'message'), read(error, 'stack')];
  if (typeof message !== 'string' && typeof stack !== 'string') return { message: told(textOf(error)) };
  const text = typeof message === 'string' ? message : '';
  const name = told(textOf(read(error, 'name') ?? 'Error'));
  const code = read(error, 'code');
  const cause = read(error, 'cause') ?? [read(error, 'errors')].flat()[0];
  const frames = typeof stack === 'string' ? framesIn(stack, text) : '';
  const heading = text ? `${name}: ${told(text)}` : name;
  return {
    name,
    message: told(text),
    ...(typeof code === 'number' ? { code } : typeof code === 'string' ? { code: told(code) } : {}),
    ...(frames ? { stack: [heading, mask(frames)].join('\n') } : {}),
    ...(cause === undefined || mostCauses === 0 ? {} : { cause: describeError(cause, mostCauses - 1) }),
  };
}

/** What was thrown may be anything: a getter that throws, too. */
function read(thing: unknown, field: string): unknown {
  try {
    return (thing as Record<string, unknown> | null | undefined)?.[field];
  } catch {
    return undefined;
  }
}

function textOf(thing: unknown): string {
  try {
    return String(thing);
  } catch {
    return 'something that has no text';
  }
}

/** Without the text in front of them, which may hold lines that look like frames. Once it was changed, it is not found: then from the end. */
function framesIn(stack: string, message: string): string {
  const at = stack.indexOf(message);
  const frames = at < 0 ? stack.slice(-MOST_FRAMES) : stack.slice(at + message.length, at + message.length + MOST_FRAMES);
  return frames
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .join('\n');
}

/** A text as it may be told: bounded, without what the caller wrote, masked. What is cut is cut between words: half a token is none to `mask`. */
function told(text: string): string {
  const whole = withoutSaid(text.slice(0, MOST_READ));
  if (whole.length <= MOST_TEXT && text.length <= MOST_READ) return mask(whole);
  const start = whole.slice(0, MOST_TEXT);
  const end = Math.max(start.lastIndexOf(' '), start.lastIndexOf('\n'), 0);
  return `${mask(start.slice(0, end))} … (${text.length} characters)`;
}

const SHORTEST_SAID = 4;
const MOST_SAID = 200;
const ID = /^[a-z]{3}_\w+$/;

function withoutSaid(text: string): string {
  const words = stringsIn(logContext().said).sort((a, b) => b.length - a.length);
  return words.reduce((left, word) => left.replaceAll(word, '[input]').replaceAll(JSON.stringify(word).slice(1, -1), '[input]'), text);
}

/** Of a parsed input. Ids are ours, and tell what it was about. */
function stringsIn(input: unknown): string[] {
  const waiting: unknown[] = [input];
  const found: string[] = [];
  for (let looked = 0; waiting.length > 0 && looked < MOST_SAID; looked += 1) {
    const thing = waiting.shift();
    if (typeof thing === 'string' && thing.length >= SHORTEST_SAID && !ID.test(thing)) found.push(thing);
    else if (typeof thing === 'object' && thing !== null) waiting.push(...Object.values(thing).slice(0, MOST_SAID));
  }
  return found;
}

/** A quoted value goes to its closing quote, also where quotes are escaped; any other to the next blank or mark. `[` is masked already. */
const LABELLED =
  /((?:key|token|secret|signature|password|passwd|cookie|oobCode)\\*["']?\s{0,9}[=:]\s{0,9})(?:(["'])(?!\[)(?:\\.|(?!\2)[^\\])*|(\\+["'])(?!\[)(?:(?!\3).)*|(?!\[)[^\s"'&,}\\]+)/gis;

/**
 * Replaces what looks like an e-mail, a JWT, a PEM block, credentials of a header or an address, a key of Google's, or the value of a
 * key, token, secret, signature or password. Takes time in proportion to the text.
 */
export function mask(text: string): string {
  return text
    .replace(/-----BEGIN [\s\S]*?(-----END [^-]*-----|$)/g, '[key]')
    .replace(/\beyJ[\w-]{1,500}\.[\w-]*\.?[\w-]*/g, '[token]')
    .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, '$1 [secret]')
    .replace(/\b(ya29\.|AIza)[\w.-]+/g, '[token]')
    .replace(/:\/\/[^\s/?#@]+@/g, '://[secret]@')
    .replace(/(?<![\p{L}\p{N}_.+%-])[\p{L}\p{N}_.+%-]+@[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+/gu, '[email]')
    .replace(LABELLED, '$1$2$3[secret]');
}
