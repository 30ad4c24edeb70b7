/** A way to a server that can be made bad: refuses, loses answers, hangs. */
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A status: answered instead of the server. `lose`: done, but the answer never comes. `hang`: nothing at all. */
export type Fault = number | 'lose' | 'hang';

export interface FaultyProxy {
  url: string;
  /** Method and path of each request that came. */
  seen: string[];
  /** Of each request that came: the trace that it belongs to. */
  traces: (string | undefined)[];
  /** Decides about each request; `undefined` lets it through. */
  decide: (request: string) => Fault | undefined;
  close(): Promise<void>;
}

export async function openFaultyProxy(target: string): Promise<FaultyProxy> {
  const server = createServer((request, response) => {
    const name = `${request.method} ${request.url}`;
    proxy.seen.push(name);
    proxy.traces.push(request.headers['traceparent'] as string | undefined);
    const fault = proxy.decide(name);
    if (fault === undefined || fault === 'lose') pass(new URL(target), request, response, fault === 'lose');
    else if (fault !== 'hang') refuse(request, response, fault);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: FaultyProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    traces: [],
    decide: () => undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return proxy;
}

function refuse(request: IncomingMessage, response: ServerResponse, status: number): void {
  request.resume().on('end', () => response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>no</h1>'));
}

/** The Host header goes through unchanged, so that addresses in answers lead here again. */
function pass({ hostname, port }: URL, request: IncomingMessage, response: ServerResponse, loseAnswer: boolean): void {
  const { method, url: path, headers } = request;
  const onward = forward({ hostname, port, method, path, headers }, (answer) => {
    if (loseAnswer) {
      answer.resume().on('end', () => response.destroy());
      return;
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}

/** Decides for a fault at the first `times` requests that match. */
export function atFirst(times: number, pattern: RegExp, fault: Fault): FaultyProxy['decide'] {
  let left = times;
  return (request) => {
    if (left === 0 || !pattern.test(request)) return undefined;
    left -= 1;
    return fault;
  };
}
