/**
 * What happens to every request, always in this order. `docs/pipeline.md` draws it, with the way out of each step.
 *
 * A limit before authentication would let forged tokens burn the share of whom they name; a role before the limit would let
 * a signed-in person try admin functions for nothing.
 */
import { type Caller, type Credentials, authenticate as findCaller, findNeeds, HURRY_MS, requireRole } from '#shared/access';
import { requireOpen } from '#shared/health';
import { Claim } from '#shared/limits';
import { addLogContext, hashUid, log, Problem, problem, watchDatabase, within, withLogContext } from '#shared/runtime';
import type { Context } from './endpoint.ts';
import type { Exchange } from './exchange.ts';
import { guardRequest } from './guard.ts';
import { setStandardHeaders } from './headers.ts';
import { parseInput } from './parse.ts';
import { countFinished, isReply, logRequest, respond, respondProblem } from './respond.ts';
import { readTicket } from './ticket.ts';
import { toProblem } from './toProblem.ts';

/** What is judged of a request before anything of it is looked at. `pass` hands it on to `process`. Never rejects. */
export function receive(exchange: Exchange, pass: () => void): Promise<void> {
  return withLogContext(exchange.logContext, async () => {
    try {
      setStandardHeaders(exchange);
      await guardRequest(exchange);
      if (exchange.req.method === 'OPTIONS') endPreflight(exchange);
      else pass();
    } catch (thrown) {
      fail(exchange, thrown);
    }
  });
}

/** From the request to its answer. Never rejects. */
export function process(exchange: Exchange): Promise<void> {
  return withLogContext(exchange.logContext, async () => {
    try {
      const answer = await within(exchange.limitMs, exchange.endpoint.name, answerTo(exchange));
      await respond(exchange, answer);
      logRequest(exchange);
    } catch (thrown) {
      fail(exchange, thrown);
    }
  });
}

async function answerTo(exchange: Exchange): Promise<object> {
  const { endpoint, instance, req, address } = exchange;
  const { clock } = instance.world;
  instance.addressGate.admit(address.ip, clock);
  const ticket = await readTicket(exchange, clock);
  const credentials = { authorization: req.headers.authorization, functionName: endpoint.name, access: endpoint.access };
  // A token that is sent and bad is refused, whatever stands beside it.
  const bearer = ticket && req.headers.authorization === undefined ? undefined : await authenticate(exchange, credentials);
  const caller = ticket?.caller ?? bearer ?? { kind: 'anonymous' };
  await limitRate(exchange, caller);
  requireRole(caller, endpoint.access);
  if (endpoint.feature !== 'none') await requireOpen(endpoint.feature, instance.world, ticket ? { limitMs: HURRY_MS } : {});
  const input = parseInput(exchange);
  const answer = await noticeCacheHit(exchange, async () => {
    const found = await findNeeds(endpoint.needs, input, caller, clock);
    const claim = claimOf(exchange, caller, input);
    const given = await endpoint.handler(input, caller, contextOf(exchange, { found, claim, ticket: ticket?.object }));
    if (claim.wasReplayed) exchange.res.setHeader('Idempotent-Replayed', 'true');
    return given;
  });
  if (instance.checksOutput) checkOutput(exchange, answer);
  return answer;
}

/** Of reads of what everybody may see: whether they were answered from memory. */
async function noticeCacheHit({ endpoint, counted }: Exchange, work: () => Promise<object>): Promise<object> {
  const { method, access, feature, output } = endpoint;
  const isShared = method === 'GET' && access === 'public' && output !== 'bytes' && (feature === 'library' || feature === 'streaming');
  if (!isShared) return work();
  const { value, wasAsked } = await watchDatabase(work);
  counted.cacheHit = !wasAsked;
  return value;
}

/** What it takes is a figure of its own: each signed-in call waits for it. */
async function authenticate({ counted, instance }: Exchange, credentials: Credentials): Promise<Caller> {
  const { clock } = instance.world;
  const startedAtMs = clock.monotonicMs();
  try {
    return await findCaller(credentials, clock);
  } finally {
    if (credentials.authorization !== undefined) counted.authMs = clock.monotonicMs() - startedAtMs;
  }
}

async function limitRate({ endpoint, instance, res, url, address, counted }: Exchange, caller: Caller): Promise<void> {
  const { clock } = instance.world;
  if (caller.kind === 'user') {
    counted.callerHash = hashUid(caller.uid);
    addLogContext({ uidHash: counted.callerHash });
  }
  if (endpoint.rate === 'stream') instance.streamGate.admit(url.searchParams.get('ticket') || address.ip, clock);
  if (caller.kind !== 'user' || endpoint.rate === 'stream' || endpoint.rate === 'none') return;
  const rate = endpoint.rate === 'signIn' ? 'write' : endpoint.rate;
  const { limit, windowS } = instance.rateLimiter.policy;
  res.setHeader('RateLimit-Policy', `"caller";q=${limit};w=${windowS}`);
  const { remaining, resetS } = await instance.rateLimiter.admit(caller.uid, rate, clock).catch((error: unknown) => {
    if (error instanceof Problem) res.setHeader('RateLimit', `"caller";r=0;t=${error.retryAfterS ?? windowS}`);
    throw error;
  });
  res.setHeader('RateLimit', `"caller";r=${remaining};t=${resetS}`);
}

function claimOf({ endpoint, req }: Exchange, caller: Caller, input: unknown): Claim {
  const key = req.headers['idempotency-key'];
  if (key === undefined || endpoint.idempotency === 'none' || caller.kind !== 'user') return new Claim(undefined);
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,128}$/.test(key)) {
    throw problem('malformed_request', { reason: 'Idempotency-Key takes 1 to 128 printable ASCII characters.' });
  }
  return new Claim({ uid: caller.uid, functionName: endpoint.name, key, input });
}

const OVER = new DOMException('the request is over', 'AbortError');

function contextOf(exchange: Exchange, own: Pick<Context, 'found' | 'claim' | 'ticket'>): Context {
  const { endpoint, instance, res, requestId, now, scheduledAt, address, limitMs } = exchange;
  const over = new AbortController();
  // Not `AbortSignal.timeout`: that would hold on to the request until its time is up, however soon it was answered.
  const limit = setTimeout(() => over.abort(new DOMException('the time is up', 'TimeoutError')), limitMs).unref();
  const end = () => {
    clearTimeout(limit);
    over.abort(OVER);
  };
  if (res.closed) end();
  else res.once('close', end);
  // What a person waits for is finished; what recurs is begun anew elsewhere.
  const signal = endpoint.access === 'scheduler' ? AbortSignal.any([over.signal, instance.stopping.signal]) : over.signal;
  return { ...instance.world, ...own, requestId, now, scheduledAt, address, signal };
}

function checkOutput({ endpoint }: Exchange, answer: object): void {
  if (endpoint.output === 'bytes') return;
  const body = isReply(answer) && answer.kind === 'json' ? answer.body : answer;
  const result = endpoint.output.safeParse(body);
  if (result.success) return;
  const faults = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new Error(`${endpoint.name} answers what it does not promise: ${faults.join('; ')}`);
}

function endPreflight(exchange: Exchange): void {
  exchange.res.writeHead(204, { 'Content-Length': 0 }).end();
  logRequest(exchange);
}

function fail(exchange: Exchange, thrown: unknown): void {
  if (exchange.res.writableEnded || exchange.res.destroyed) {
    if (isUnheard(exchange, thrown)) log.error('failed_unheard', { error: thrown });
    else log.info('caller_gone');
    countFinished(exchange);
    return;
  }
  const failure = toProblem(thrown, exchange.endpoint);
  respondProblem(exchange, failure);
  logRequest(exchange, failure);
}

/** The slowest failures are those nobody waits for any more. That the work was stopped because of it is none. */
function isUnheard({ res, endpoint }: Exchange, thrown: unknown): boolean {
  const isStopped = ['AbortError', 'CanceledError'].includes((thrown as Error | undefined)?.name ?? '');
  return !res.headersSent && !isStopped && toProblem(thrown, endpoint).blame === 'sori';
}
