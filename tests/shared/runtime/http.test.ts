import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { HttpFailure, type HttpRequest, send, withLogContext } from '#shared/runtime';
import { freePort, json, type SmallServer, serve, serveSockets } from '../music/smallServer.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function serving(answer: (response: ServerResponse) => void): Promise<SmallServer> {
  const server = await serve((_request, response) => answer(response));
  open.push(server);
  return server;
}

function failureOf(request: Partial<HttpRequest> & { url: string }): Promise<HttpFailure> {
  return send({ method: 'GET', timeoutMs: 5000, ...request }).then(
    () => Promise.reject(new Error('there was an answer')),
    (error: unknown) => error as HttpFailure,
  );
}

describe('A call to elsewhere', () => {
  it('is sent as it is said and gives status, headers and data, whatever the status', async () => {
    const server = await serving((response) => json(response, { error: 'no' }, 418, { 'x-kind': 'teapot' }));
    const answer = await send({
      method: 'POST',
      url: `${server.url}/brew`,
      query: { strength: 3 },
      headers: { 'x-own': '1' },
      body: { leaf: '녹차' },
      timeoutMs: 5000,
    });
    expect(answer).toMatchObject({ status: 418, headers: { 'x-kind': 'teapot' }, data: { error: 'no' } });
    expect(server.received).toMatchObject([
      { method: 'POST', url: '/brew?strength=3', headers: { 'x-own': '1' }, body: '{"leaf":"녹차"}' },
    ]);
  });

  it('carries the trace of the request that it is made for', async () => {
    const server = await serving((response) => json(response, {}));
    const call = () => send({ method: 'GET', url: server.url, timeoutMs: 5000 });
    await withLogContext({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }, call);
    await call();
    await withLogContext({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), isSampled: false }, call);
    const trace = `00-${'a'.repeat(32)}-${'b'.repeat(16)}`;
    expect(server.received.map(({ headers }) => headers['traceparent'])).toEqual([`${trace}-01`, undefined, `${trace}-00`]);
  });

  it('follows no redirect', async () => {
    const server = await serving((response) => response.writeHead(302, { location: '/elsewhere' }).end());
    const { status, headers } = await send({ method: 'GET', url: server.url, timeoutMs: 5000 });
    expect({ status, location: headers['location'] }).toEqual({ status: 302, location: '/elsewhere' });
    expect(server.received).toHaveLength(1);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['says nothing', () => {}],
    ['stops after the headers', (response) => response.writeHead(200).flushHeaders()],
    ['trickles', (response) => trickle(response)],
  ])('to a server that %s ends when its time is over', async (_what, answer) => {
    const server = await serving(answer);
    const startedAt = performance.now();
    expect(await failureOf({ url: server.url, timeoutMs: 300 })).toMatchObject({ code: 'TIMEOUT', neverLeft: false });
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  it('reads no more than it is allowed to', async () => {
    const server = await serving((response) => response.end(Buffer.alloc(20_000)));
    expect(await failureOf({ url: server.url, maxBytes: 10_000 })).toMatchObject({ name: 'HttpFailure', neverLeft: false });
    expect((await send({ method: 'GET', url: server.url, timeoutMs: 5000, maxBytes: 20_000 })).status).toBe(200);
  });

  it('ends when whoever asked has gone', async () => {
    const server = await serving(() => {});
    const gone = AbortSignal.timeout(100);
    expect(await failureOf({ url: server.url, signal: gone })).toMatchObject({ code: 'ERR_CANCELED' });
  });

  it('that nobody takes, or that is cut, says whether it can have arrived', async () => {
    expect(await failureOf({ url: `http://127.0.0.1:${await freePort()}` })).toMatchObject({ code: 'ECONNREFUSED', neverLeft: true });
    const cutter = await serveSockets((socket) => socket.once('data', () => socket.destroy()));
    open.push(cutter);
    expect(await failureOf({ url: cutter.url })).toMatchObject({ code: 'ECONNRESET', neverLeft: false });
  });

  it('that fails tells nothing of what was sent', async () => {
    const url = `http://127.0.0.1:${await freePort()}/?key=hunter2`;
    const failure = await failureOf({ url, headers: { authorization: 'Bearer hunter2' }, method: 'POST', body: { password: 'hunter2' } });
    expect(failure).toBeInstanceOf(HttpFailure);
    expect(JSON.stringify([failure, failure.message, failure.stack, failure.cause])).not.toContain('hunter2');
  });
});

function trickle(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/plain' });
  const timer = setInterval(() => response.write('.'), 20);
  response.on('close', () => clearInterval(timer));
}
