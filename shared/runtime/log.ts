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
  const { traceId, spanId, isSampled, parentSpanId: _parent, method: _method, ...rest } = logContext();
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
  return (code, { error, ...fields } = {}) => {
    const described = error === undefined ? undefined : describeError(error);
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
  stack?: string;
  cause?: DescribedError;
}

/** Name, code, masked text and stack of an error and of its causes. */
export function describeError(error: unknown): DescribedError {
  if (!(error instanceof Error)) return { message: mask(String(error)) };
  const { name, message, stack, cause } = error;
  const code = (error as { code?: unknown }).code;
  return {
    name,
    message: mask(message),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    stack: mask(stack ?? ''),
    ...(cause === undefined ? {} : { cause: describeError(cause) }),
  };
}

/** Replaces what looks like an e-mail, a JWT, a PEM block, credentials of a header, or the value of a key, token, secret, signature or password. */
export function mask(text: string): string {
  return text
    .replace(/-----BEGIN [\s\S]*?(-----END [^-]*-----|$)/g, '[key]')
    .replace(/\beyJ[\w-]+\.[\w-]*\.?[\w-]*/g, '[token]')
    .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, '$1 [secret]')
    .replace(/[\p{L}\p{N}_.+%-]+@[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+/gu, '[email]')
    .replace(/((?:key|token|secret|signature|password)["']?\s*[=:]\s*["']?)(?!\[)[^\s"'&,}]+/gi, '$1[secret]');
}
