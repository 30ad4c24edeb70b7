/**
 * The front guard: looks at a request before functions-framework does, which would parse bodies of up to 1 GiB and answer
 * bad ones in HTML. Path, method, type, length and JSON are judged here, and no more than `bodyBytes` is ever held.
 */
import type { IncomingMessage } from 'node:http';
import { problem } from '#shared/runtime';
import type { Exchange } from './exchange.ts';

const BODY_LIMIT_MS = 10_000;

/** Reads the body into the exchange. @throws what the catalogue has for a request that is malformed as a whole */
export async function guardRequest(exchange: Exchange): Promise<void> {
  checkPath(exchange);
  checkMethod(exchange);
  if (exchange.req.method === 'POST') exchange.body = await readJson(exchange);
}

function checkPath({ endpoint: { name }, url: { pathname } }: Exchange): void {
  const own = ['/', `/${name}`, `/v1/${name}`]; // by the function's own address, and by Hosting's stable alias
  if (!own.includes(pathname) && name !== 'answerUnknown') throw problem('not_found');
}

function checkMethod({ endpoint, req: { method = '' } }: Exchange): void {
  if (endpoint.name === 'answerUnknown') return;
  const allowed = endpoint.method === 'GET' ? ['GET', 'HEAD', 'OPTIONS'] : ['POST', 'OPTIONS'];
  if (!allowed.includes(method)) throw problem('method_not_allowed', { allow: allowed.join(', ') });
}

async function readJson({ endpoint, req }: Exchange): Promise<unknown> {
  const { bodyBytes } = endpoint.resources;
  if (Number(req.headers['content-length'] ?? 0) > bodyBytes) throw problem('payload_too_large', { limitBytes: bodyBytes });
  if (req.headers['content-encoding'] !== undefined)
    throw problem('unsupported_media_type', { expected: 'the body without Content-Encoding' });
  const bytes = await readBytes(req, bodyBytes);
  if (bytes.length === 0) return {};
  if (!/^application\/json\s*(;|$)/i.test(req.headers['content-type'] ?? '')) {
    throw problem('unsupported_media_type', { expected: 'JSON with Content-Type: application/json' });
  }
  return parseJson(bytes);
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw problem('malformed_request', { reason: 'The body is not JSON in UTF-8.' }, error);
  }
}

async function readBytes(req: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const slow = AbortSignal.timeout(BODY_LIMIT_MS);
  const cut = () => req.destroy(problem('request_timeout'));
  slow.addEventListener('abort', cut, { once: true });
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of req.iterator({ destroyOnReturn: false })) {
      bytes += (chunk as Buffer).length;
      if (bytes > limitBytes) throw problem('payload_too_large', { limitBytes });
      chunks.push(chunk as Buffer);
    }
  } finally {
    slow.removeEventListener('abort', cut);
  }
  return Buffer.concat(chunks);
}
