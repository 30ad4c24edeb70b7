/** The end of every request: an answer in one of four forms, and one line in the log. */
import { hash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { endSpan, log, type Problem } from '#shared/runtime';
import type { Exchange } from './exchange.ts';
import { type Body, matches, respondFile } from './file.ts';
import type { FileReply, JsonReply, RedirectReply } from './reply.ts';

/** Answers with what the handler gave. */
export async function respond(exchange: Exchange, answer: object): Promise<void> {
  if (!isReply(answer)) respondJson(exchange, answer, exchange.endpoint.status);
  else if (answer.kind === 'json') respondJson(exchange, answer.body, answer.status);
  else await respondBytes(exchange, answer);
}

export function isReply(answer: object): answer is FileReply | RedirectReply | JsonReply {
  return 'kind' in answer && ['file', 'redirect', 'json'].includes(String(answer.kind));
}

async function respondBytes(exchange: Exchange, reply: FileReply | RedirectReply): Promise<void> {
  const { req, res } = exchange;
  res.appendHeader('Vary', 'Authorization'); // what one person's browser keeps is not for the next one who signs in there
  res.setHeader('Cache-Control', reply.privateCacheS > 0 ? `private, max-age=${Math.floor(reply.privateCacheS)}` : 'no-store');
  if (reply.kind === 'redirect') {
    if (req.method !== 'HEAD' && isFromStart(req.headers.range)) await reply.onFirstByte?.();
    res.writeHead(302, { Location: reply.url, 'Content-Length': 0 }).end();
    return;
  }
  const body = await respondFile(exchange, reply);
  exchange.counted.firstByteAtMs = exchange.instance.world.clock.monotonicMs();
  if (body) await sendBytes(body, res);
}

/** Whether the store will begin with the first byte. Its size is not known here; what is no range is no wish for a part. */
function isFromStart(range: string | undefined): boolean {
  const start = /^\s*bytes\s*=\s*(\d*)\s*-/i.exec(range ?? 'bytes=0-')?.[1];
  return start === undefined || (start !== '' && Number(start) === 0);
}

/** A player that is paused reads nothing for long, and asks for the rest when its connection has ended. */
const STALL_LIMIT_MS = 2 * 60 * 1000;

/**
 * Sends bytes at the pace of whoever takes them, and frees the source whatever happens. A source that breaks off, or has not as
 * many bytes as the head of the answer says, ends the connection: nobody takes a part for the whole.
 *
 * @param stallLimitMs - a caller who takes nothing for so long is left
 * @throws when the caller has gone
 */
export async function sendBytes({ source, length }: Body, res: ServerResponse, stallLimitMs = STALL_LIMIT_MS): Promise<void> {
  let fault: unknown;
  let sent = 0;
  const breakOff = (error: unknown) => {
    fault ??= error;
    res.destroy();
  };
  source.once('error', (error) => {
    if (!res.destroyed) breakOff(error);
  });
  // Listeners of the flow that `pipeline` steers; they come before its own, so that nothing beyond the length is written.
  source.on('data', (chunk: Buffer) => {
    sent += chunk.length;
    if (sent > length) breakOff(new Error('the source has more bytes than it said'));
  });
  source.once('end', () => {
    if (sent < length) breakOff(new Error('the source has fewer bytes than it said'));
  });
  res.setTimeout(stallLimitMs);
  try {
    await pipeline(source, res);
  } catch (error) {
    if (fault === undefined) throw error;
    log.warn('bytes_broke_off', { error: fault });
  } finally {
    source.destroy(); // pipeline leaves it open when the caller has gone before the first byte
  }
}

function respondJson({ endpoint, req, res }: Exchange, answer: object, status: number): void {
  const body = JSON.stringify(answer); // as text, it leaves in one piece with the headers
  setCacheHeaders({ endpoint, req, res });
  if (req.method !== 'POST' && endpoint.cache !== 'none') {
    const etag = `"${hash('sha256', body, 'base64url').slice(0, 27)}"`;
    res.setHeader('ETag', etag);
    if (matches(req.headers['if-none-match'], etag)) {
      res.writeHead(304).end();
      return;
    }
  }
  res.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': Buffer.byteLength(body) });
  res.end(req.method === 'HEAD' ? undefined : body);
}

/** An answer that depends on who asks never enters a shared cache. */
function setCacheHeaders({ endpoint: { cache }, req, res }: Pick<Exchange, 'endpoint' | 'req' | 'res'>): void {
  res.appendHeader('Vary', 'Authorization');
  if (cache === 'none') res.setHeader('Cache-Control', 'no-store');
  else if (req.headers.authorization !== undefined) res.setHeader('Cache-Control', 'private, no-cache');
  else res.setHeader('Cache-Control', `public, max-age=${cache.sharedS}`);
}

/** Answers with a problem. @see RFC 9457 */
export function respondProblem({ req, res, requestId }: Exchange, found: Problem): void {
  if (res.headersSent) {
    res.destroy(); // the answer had begun: a cut connection is the only honest end
    return;
  }
  const { code, status, title, message, params, retryAfterS } = found;
  if (retryAfterS !== undefined) res.setHeader('Retry-After', retryAfterS);
  if (typeof params['allow'] === 'string') res.setHeader('Allow', params['allow']);
  if (status === 401) res.setHeader('WWW-Authenticate', 'Bearer');
  if (status === 416) res.setHeader('Content-Range', `bytes */${String(params['bytes'])}`);
  if (!req.complete) res.setHeader('Connection', 'close'); // what was not read must not be taken for the next request
  const body = Buffer.from(
    JSON.stringify({ ...params, type: `urn:sori:problem:${code}`, title, status, code, detail: message, requestId }),
  );
  res.setHeader('Cache-Control', 'no-store');
  res.writeHead(status, { 'Content-Type': 'application/problem+json; charset=utf-8', 'Content-Length': body.length });
  res.end(req.method === 'HEAD' ? undefined : body);
}

// What nginx writes for it: the caller left before there was any answer.
const CALLER_GONE = 499;

/** Counts a request, answered or given up. What browsers ask for by themselves, before the request, is none. */
export function countFinished(exchange: Exchange): void {
  const { endpoint, req, res, instance, counted, startedAtMs } = exchange;
  const status = res.headersSent ? res.statusCode : CALLER_GONE;
  endRequestSpan(exchange, status);
  if (!instance.figures || req.method === 'OPTIONS') return;
  const { firstByteAtMs, ...known } = counted;
  instance.figures.count({
    ...known,
    functionName: endpoint.name,
    isScheduled: endpoint.access === 'scheduler',
    status,
    durationMs: (firstByteAtMs ?? instance.world.clock.monotonicMs()) - startedAtMs,
    isRefused: status === 429,
    resources: endpoint.resources,
  });
}

/** @param status - what it was answered with */
function endRequestSpan({ endpoint, req, instance, logContext, startedAtMs, now }: Exchange, status: number): void {
  const { traceId, spanId, parentSpanId, isSampled } = logContext;
  if (!traceId || !spanId || !isSampled) return;
  const [method, route] = [req.method ?? '', `/v1/${endpoint.name}`];
  endSpan({
    ...{ name: `${method} ${route}`, kind: 'server', traceId, spanId, parentSpanId },
    startedAtMs: now.getTime(),
    durationMs: instance.world.clock.monotonicMs() - startedAtMs,
    attributes: { 'http.request.method': method, 'http.route': route, 'http.response.status_code': status, 'faas.name': endpoint.name },
    isFailed: status >= 500,
  });
}

/** One line per request, and one count. Nothing in it names a person or holds an input. */
export function logRequest(exchange: Exchange, failure?: Problem): void {
  const { req, res, instance, startedAtMs } = exchange;
  countFinished(exchange);
  const latencyMs = Math.round((instance.world.clock.monotonicMs() - startedAtMs) * 10) / 10;
  const line = { method: req.method, status: res.statusCode, latencyMs, ...(failure ? { problem: failure.code } : {}) };
  if (failure === undefined || failure.blame === 'caller') log.info('request', line);
  else if (failure.blame === 'sori') log.error('request_failed', { ...line, error: failure.cause ?? failure });
  else log.warn('request_refused', { ...line, ...(failure.cause === undefined ? {} : { error: failure.cause }) });
}
