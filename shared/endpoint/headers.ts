/** The headers that every answer has: request id, security, CORS. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import cors from 'cors';
import helmet from 'helmet';
import { config } from '#shared/runtime';
import type { Exchange } from './exchange.ts';

// An API answers data, never a page of its own: nothing may be loaded, framed or guessed.
const secure = saidBy(
  helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: true },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    crossOriginResourcePolicy: { policy: 'cross-origin' }, // players and <img> of the allowed origins load from here
  }),
);

const EXPOSED = ['X-Request-Id', 'Retry-After', 'RateLimit', 'RateLimit-Policy', 'ETag', 'Content-Range', 'Idempotent-Replayed'];
const ALLOWED = ['Authorization', 'Content-Type', 'Idempotency-Key', 'If-None-Match', 'If-Range', 'Range', 'traceparent'];

let allow: ReturnType<typeof cors> | undefined;

function corsRule() {
  allow ??= cors({
    origin: config().ALLOWED_ORIGINS,
    methods: ['GET', 'HEAD', 'POST'],
    allowedHeaders: ALLOWED,
    exposedHeaders: EXPOSED,
    maxAge: 3600,
    preflightContinue: true,
  });
  return allow;
}

export function setStandardHeaders({ req, res, requestId }: Exchange): void {
  res.setHeader('X-Request-Id', requestId);
  for (const [name, value] of secure) res.setHeader(name, value);
  corsRule()(req as Parameters<ReturnType<typeof cors>>[0], res, () => undefined);
}

/** It says the same of every answer, so it is asked once. */
function saidBy(middleware: ReturnType<typeof helmet>): Map<string, string> {
  const headers = new Map<string, string>();
  const answer = { setHeader: (name: string, value: string) => headers.set(name, value), removeHeader: () => undefined };
  middleware({} as IncomingMessage, answer as unknown as ServerResponse, () => undefined);
  return headers;
}
