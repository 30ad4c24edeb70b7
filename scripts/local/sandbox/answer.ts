import { once } from 'node:events';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { addressOf } from '../sandboxFaults/addresses.ts';
import type { Struck } from '../sandboxFaults/faults.ts';

/** What goes back to the client, and how. */
export interface Answer {
  status: number;
  headers?: OutgoingHttpHeaders;
  body?: Buffer | string;
  /** `half` announces everything and drops the connection after half; `silence` never answers. By default all is sent. */
  delivery?: 'silence' | 'cut' | 'half' | 'endless' | 'drip';
  /** Between two bytes of a `drip`. */
  everyMs?: number;
}

export function json(status: number, value: unknown): Answer {
  return { status, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(value) };
}

/** The service's envelope: HTTP 200 whatever happened, the truth in `status`. */
export function envelope(data: unknown, status = 200, message = 'Success'): Answer {
  return json(200, { status, message, data });
}

export function html(status: number, title: string): Answer {
  return {
    status,
    headers: { 'Content-Type': 'text/html' },
    body: `<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`,
  };
}

export function redirect(url: string): Answer {
  return { status: 302, headers: { Location: url } };
}

/** The answer of a fault that keeps a request from being taken; undefined when none of these strikes. */
export function refusal(struck: Struck, sandboxUrl: string): Answer | undefined {
  const [first] = struck.all.flatMap((fault): Answer[] => {
    switch (fault.name) {
      case 'silence':
        return [{ status: 200, delivery: 'silence' }];
      case 'cut':
        return [{ status: 200, delivery: 'cut' }];
      case 'status500':
        return [json(500, { status: 500, message: 'Internal Server Error' })];
      case 'status503':
        return [{ status: 503, headers: retryAfter(fault.retryAfterS) }];
      case 'html502':
        return [html(502, '502 Bad Gateway')];
      case 'html200':
        return [html(200, 'Welcome')];
      case 'status429':
        return [tooMany(fault.retryAfterS)];
      case 'redirect':
        return [redirect(addressOf(fault.url, sandboxUrl))];
      case 'keyRefused401':
        return [keyRefused(401)];
      case 'keyRefused403':
        return [keyRefused(403)];
      case 'keyRefusedInBody':
        return [envelope({}, 400_001, 'Invalid API key')];
      case 'outOfCredit':
        return [outOfCredit()];
      case 'invalidParameter':
        return [envelope({}, 400_000, fault.text ?? 'Invalid request parameter: style contains an artist name')];
      case 'schema422':
        return [json(422, { detail: [{ loc: ['body', 'mv'], msg: 'Input should be one of the models', type: 'enum' }] })];
      case 'detailWithoutStatus':
        return [json(200, { detail: [{ loc: ['body', 'style'], msg: 'Field required', type: 'missing' }] })];
      default:
        return [];
    }
  });
  return first;
}

export function keyRefused(status: number): Answer {
  return json(status, { status, message: status === 500 ? 'Internal Server Error' : 'Invalid API key', data: {} });
}

export function outOfCredit(): Answer {
  return envelope({}, 400_015, 'insufficient account balance');
}

function tooMany(retryAfterS: number | undefined): Answer {
  const answer = json(429, { status: 429, message: 'Too Many Requests' });
  return { ...answer, headers: { ...answer.headers, ...retryAfter(retryAfterS) } };
}

function retryAfter(seconds: number | undefined): OutgoingHttpHeaders {
  return seconds === undefined ? {} : { 'Retry-After': String(seconds) };
}

/** The answer after the faults that lose or spoil it; the work behind it is done and stays done. */
export function spoil(answer: Answer, struck: Struck): Answer {
  if (struck.has('acceptedThenSilence')) return { ...answer, delivery: 'silence' };
  if (struck.has('acceptedThenCut')) return { ...answer, delivery: 'cut' };
  if (struck.has('acceptedThen500')) return json(500, { status: 500, message: 'Internal Server Error' });
  if (struck.has('acceptedThen502')) return html(502, '502 Bad Gateway');
  if (struck.has('endlessBody')) return { ...answer, delivery: 'endless' };
  if (struck.has('drip')) return { ...answer, delivery: 'drip', everyMs: struck.find('drip')?.delayMs ?? 1_000 };
  if (struck.has('emptyBody')) return { ...answer, body: '' };
  if (struck.has('wrongType')) return { ...answer, headers: { ...answer.headers, 'Content-Type': 'text/html' } };
  if (struck.has('missingData')) return json(200, { status: 200, message: 'Success' });
  if (struck.has('cutJson')) return { ...answer, body: answer.body?.slice(0, Math.floor(answer.body.length / 2)) ?? '' };
  return answer;
}

/** Sends the answer; resolves when all of it has been handed to the connection. */
export async function deliver(answer: Answer, response: ServerResponse, isHead: boolean): Promise<void> {
  if (answer.delivery === 'endless') await sendEndlessly(answer, response);
  else if (answer.delivery === 'drip') await sendByteByByte(answer, response);
  else if (answer.delivery === 'cut') response.destroy();
  else if (answer.delivery !== 'silence') send(answer, response, isHead);
}

function send(answer: Answer, response: ServerResponse, isHead: boolean) {
  const body = Buffer.from(answer.body ?? '');
  response.writeHead(answer.status, { 'Content-Length': body.length, ...answer.headers });
  if (isHead) response.end();
  else if (answer.delivery === 'half') response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
  else response.end(body);
}

async function sendEndlessly(answer: Answer, response: ServerResponse) {
  const { 'Content-Length': _, ...headers } = answer.headers ?? {};
  response.writeHead(answer.status, headers);
  const blanks = Buffer.alloc(64 * 1024, ' ');
  while (!response.destroyed) {
    if (!response.write(blanks)) await drained(response);
    await new Promise((resume) => setImmediate(resume)); // others are served between two pieces
  }
}

/** It takes more, or has ended. */
async function drained(response: ServerResponse): Promise<void> {
  const waiting = new AbortController(); // whichever does not come is not waited for any longer
  const { signal } = waiting;
  await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]);
  waiting.abort();
}

async function sendByteByByte(answer: Answer, response: ServerResponse) {
  const body = Buffer.from(answer.body ?? '');
  response.writeHead(answer.status, { 'Content-Length': body.length, ...answer.headers });
  for (let at = 0; at < body.length && !response.destroyed; at += 1) {
    response.write(body.subarray(at, at + 1));
    await sleep(answer.everyMs, undefined, { ref: false });
  }
  response.end();
}
