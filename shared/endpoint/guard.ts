/**
 * The front guard: looks at a request before functions-framework does, which would parse bodies of up to 1 GiB and answer
 * bad ones in HTML. Path, method, type, length and JSON are judged here, and no more than `bodyBytes` is ever held.
 */
import type { IncomingMessage } from 'node:http';
import { DeadlineExceeded, problem, within } from '#shared/runtime';
import type { Exchange } from './exchange.ts';

/** Reads the body into the exchange. @throws what the catalogue has for a request that is malformed as a whole */
export async function guardRequest(exchange: Exchange): Promise<void> {
  const { endpoint, req } = exchange;
  if (endpoint.name === 'answerUnknown') return refuseUnknown(exchange);
  checkPath(exchange);
  checkMethod(exchange);
  if (req.method === 'POST') exchange.body = await readJson(exchange);
}

/** Its preflight succeeds: without, a browser would not show the 404 to the page that asked. */
function refuseUnknown({ req }: Exchange): void {
  if (req.method !== 'OPTIONS') throw problem('unknown_function');
}

function checkPath({ endpoint: { name }, url: { pathname } }: Exchange): void {
  const own = ['/', `/${name}`, `/v1/${name}`]; // by the function's own address, and by Hosting's stable alias
  if (!own.includes(pathname)) throw problem('not_found');
}

function checkMethod({ endpoint, req: { method = '' } }: Exchange): void {
  const allowed = endpoint.method === 'GET' ? ['GET', 'HEAD', 'OPTIONS'] : ['POST', 'OPTIONS'];
  if (!allowed.includes(method)) throw problem('method_not_allowed', { allow: allowed.join(', ') });
}

async function readJson({ endpoint, instance, req }: Exchange): Promise<unknown> {
  const { bodyBytes } = endpoint.resources;
  if (Number(req.headers['content-length'] ?? 0) > bodyBytes) throw problem('payload_too_large', { limitBytes: bodyBytes });
  if (req.headers['content-encoding'] !== undefined)
    throw problem('unsupported_media_type', { expected: 'the body without Content-Encoding' });
  const bytes = await within(instance.bodyLimitMs, 'the body', readBytes(req, bodyBytes)).catch(tooSlow);
  if (bytes.length === 0) return {};
  if (!/^application\/json\s*(;|$)/i.test(req.headers['content-type'] ?? '')) {
    throw problem('unsupported_media_type', { expected: 'JSON with Content-Type: application/json' });
  }
  return parseJson(bytes);
}

function parseJson(bytes: Buffer): unknown {
  const { text, value } = decodeJson(bytes);
  // Of a field that is given twice, some readers take the first and some the last: what one of them has judged, another would do.
  if (countNames(text) > countFields(value)) throw problem('malformed_request', { reason: 'A field is given twice.' });
  return value;
}

function decodeJson(bytes: Buffer): { text: string; value: unknown } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { text, value: JSON.parse(text) };
  } catch (error) {
    throw problem('malformed_request', { reason: 'The body is not JSON in UTF-8.' }, error);
  }
}

const COLON = /\s*:/y;

/** How many names of fields are written down, doubled ones too. @param json - well-formed */
function countNames(json: string): number {
  let names = 0;
  for (let start = json.indexOf('"'); start >= 0; ) {
    const behind = endOfString(json, start);
    COLON.lastIndex = behind;
    if (COLON.test(json)) names += 1;
    start = json.indexOf('"', behind);
  }
  return names;
}

function endOfString(json: string, start: number): number {
  for (let at = start + 1; at < json.length; at += 1) {
    if (json[at] === '\\') at += 1;
    else if (json[at] === '"') return at + 1;
  }
  return json.length;
}

/** How many fields all objects in it have. Nothing here calls itself: a body may be as deep as it is long. */
function countFields(value: unknown): number {
  let fields = 0;
  const waiting = [value];
  while (waiting.length > 0) {
    const thing = waiting.pop();
    if (typeof thing !== 'object' || thing === null) continue;
    const values: unknown[] = Object.values(thing);
    if (!Array.isArray(thing)) fields += values.length;
    for (const each of values) waiting.push(each);
  }
  return fields;
}

async function readBytes(req: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req.iterator({ destroyOnReturn: false })) {
    bytes += (chunk as Buffer).length;
    if (bytes > limitBytes) throw problem('payload_too_large', { limitBytes });
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function tooSlow(error: unknown): never {
  throw error instanceof DeadlineExceeded ? problem('request_timeout') : error;
}
