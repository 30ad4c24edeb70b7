/** Stands between a client and the service, and does to each call what it was told to do: as networks do, but on purpose. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/**
 * `cut`: the service does its work, and its answer is lost. `refuse`: the connection breaks before the service hears of it. `hang`: nothing
 * is ever answered. A status is answered in the service's place, with `Retry-After: 0`.
 */
export type Fate = 'pass' | 'cut' | 'refuse' | 'hang' | number;

export interface Relayed {
  name: string;
  headers: IncomingMessage['headers'];
}

export interface Relay {
  url: string;
  /** What has come, in order. */
  calls: Relayed[];
  /** For the calls to come; beyond them all pass. */
  fates(...fates: Fate[]): void;
  close(): Promise<void>;
}

/** @param target - the service's address, up to the function's name */
export async function startRelay(target: string): Promise<Relay> {
  const calls: Relayed[] = [];
  let coming: Fate[] = [];
  const server = createServer((request, response) => {
    calls.push({ name: request.url!.slice(1).split('?')[0]!, headers: request.headers });
    void meet(coming.shift() ?? 'pass', request, response);
  });
  const meet = async (fate: Fate, request: IncomingMessage, response: ServerResponse) => {
    if (typeof fate === 'number') return void response.writeHead(fate, { 'retry-after': '0' }).end('<p>Try again</p>');
    if (fate === 'refuse') return void request.socket.destroy();
    if (fate === 'hang') return;
    const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers;
    const body = request.method === 'POST' ? { body: new Uint8Array(await buffer(request)) } : {};
    const init = { method: request.method!, headers: headers as Record<string, string>, ...body };
    const answer = await fetch(`${target}${request.url}`, init);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (fate === 'cut') return void request.socket.destroy();
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' }).end(bytes);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    fates(...fates) {
      coming = fates;
      calls.length = 0;
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
