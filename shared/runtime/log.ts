/**
 * Structured logs in Cloud Logging's form, by pino. Every line carries what `withLogContext` holds: function, request id, trace.
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
  uidHash?: string;
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
  const { traceId, spanId } = contexts.getStore() ?? {};
  return traceId && spanId ? `00-${traceId}-${spanId}-01` : undefined;
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
  const { traceId, spanId, ...rest } = contexts.getStore() ?? {};
  if (!traceId) return rest;
  return {
    ...rest,
    'logging.googleapis.com/trace': `projects/${config().GOOGLE_CLOUD_PROJECT}/traces/${traceId}`,
    'logging.googleapis.com/spanId': spanId,
  };
}

/** `code` names the event in snake_case, so that logs can be searched and counted; `fields` are its figures. */
type Write = (code: string, fields?: Record<string, unknown>) => void;

function at(level: 'debug' | 'info' | 'warn' | 'error'): Write {
  return (code, { error, ...fields } = {}) => {
    root()[level]({ code, ...fields, ...(error === undefined ? {} : { error: describeError(error) }) }, code);
  };
}

export const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };

/** A uid in logs: the same for the same person, and no way back. */
export function hashUid(uid: string): string {
  return createHash('sha256').update(uid).digest('hex').slice(0, 16);
}

/** Name, code, masked text and stack of an error and of its causes. */
export function describeError(error: unknown): object {
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
