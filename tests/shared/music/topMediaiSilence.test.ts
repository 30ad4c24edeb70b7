import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type ProviderFault, type SongRequest, topMediai } from '../../../shared/music/index.ts';
import { freePort, json, serve, serveSockets } from './smallServer.ts';

// Whether a song may be asked for again hangs on one question: can a byte of the request have left?
// Proof of the tests: judged by error codes, ECONNRESET in a handshake and after sending are the same.

const SONG: SongRequest = { prompt: 'rain', style: null, title: null, lyrics: null, instrumental: false, voice: 'any', model: 'v4.5' };
const ACCEPTED = { status: 200, data: { ids: ['1', '2'] } };

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

function started<Server extends { close(): Promise<void> }>(server: Server): Server {
  open.push(server);
  return server;
}

/** A server that takes connections and, at the first bytes, does `atFirstBytes`. */
async function sockets(atFirstBytes: Parameters<typeof serveSockets>[0]) {
  return started(await serveSockets((socket) => socket.once('data', () => atFirstBytes(socket))));
}

async function faultOf(baseUrl: string, signal?: AbortSignal): Promise<ProviderFault['kind']> {
  const provider = topMediai({ baseUrl, apiKey: 'k', timeouts: { submitMs: 300 } });
  const fault = await provider.submit(SONG, signal ? { signal } : {}).catch((error: ProviderFault) => error);
  return (fault as ProviderFault).kind;
}

describe('a request that never left', () => {
  it('is one whose host has no address', async () => {
    expect(await faultOf('http://no-such-host.invalid')).toBe('never_left');
  });

  it('is one whose connection is refused', async () => {
    expect(await faultOf(`http://127.0.0.1:${await freePort()}`)).toBe('never_left');
  });

  it('is one whose connection is refused at every address of the name', async () => {
    expect(await faultOf(`http://localhost:${await freePort()}`)).toBe('never_left');
  });

  it('is one whose TLS handshake meets a server that speaks no TLS', async () => {
    const server = await sockets((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await faultOf(`https://127.0.0.1:${server.port}`)).toBe('never_left');
  });

  it('is one whose connection is reset during the TLS handshake', async () => {
    const server = await sockets((socket) => socket.resetAndDestroy());
    expect(await faultOf(`https://127.0.0.1:${server.port}`)).toBe('never_left');
  });

  it('is one whose TLS handshake is never answered', async () => {
    const server = await sockets(() => {});
    expect(await faultOf(`https://127.0.0.1:${server.port}`)).toBe('never_left');
  });

  it('is one whose TLS handshake the server refuses', async () => {
    const tls = createTlsServer({}).on('tlsClientError', () => {}); // without a certificate no cipher fits
    const server = started(await serveSockets((socket) => tls.emit('connection', socket)));
    expect(await faultOf(`https://127.0.0.1:${server.port}`)).toBe('never_left');
  });

  it('is one that was called off before it began', async () => {
    const server = started(await serve((_request, response) => json(response, ACCEPTED)));
    expect(await faultOf(server.url, AbortSignal.abort())).toBe('never_left');
    expect(server.received).toEqual([]);
  });
});

describe('a request whose fate is unknown', () => {
  it('is one whose connection is closed after it was sent', async () => {
    const server = await sockets((socket) => socket.end());
    expect(await faultOf(server.url)).toBe('unknown');
  });

  it('is one whose connection is reset after it was sent', async () => {
    const server = await sockets((socket) => socket.resetAndDestroy());
    expect(await faultOf(server.url)).toBe('unknown');
  });

  it('is one that is never answered', async () => {
    const server = await sockets(() => {});
    expect(await faultOf(server.url)).toBe('unknown');
  });

  it('is one whose answer is cut', async () => {
    const server = await sockets((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"status":200'));
    expect(await faultOf(server.url)).toBe('unknown');
  });

  it('is one whose answer trickles past the time limit', async () => {
    const server = await sockets((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n');
      const timer = setInterval(() => socket.write('{'), 50);
      socket.once('close', () => clearInterval(timer));
    });
    expect(await faultOf(server.url)).toBe('unknown');
  });

  it('is one whose answer is larger than any answer may be', async () => {
    const server = started(await serve((_request, response) => json(response, { ...ACCEPTED, more: 'x'.repeat(2 * 1024 * 1024) })));
    expect(await faultOf(server.url)).toBe('unknown');
  });

  it('is one that was called off while the answer was awaited', async () => {
    const controller = new AbortController();
    const server = await sockets(() => controller.abort());
    expect(await faultOf(server.url, controller.signal)).toBe('unknown');
  });

  it('is one on a connection that is used again and reset', async () => {
    const { provider, server } = await resettingAfterFirst({ status: 200, data: { text: '[Verse]', title: 'Boats' } });
    await provider.writeLyrics('boats');
    await expect(provider.writeLyrics('boats')).rejects.toMatchObject({ kind: 'unknown' });
    expect([server.connections.size, server.received.length]).toEqual([1, 2]);
  });

  it('is never an order on a connection that the provider is just closing: each order has a connection of its own', async () => {
    const { provider, server } = await resettingAfterFirst(ACCEPTED);
    await provider.submit(SONG, {});
    await expect(provider.submit(SONG, {})).rejects.toMatchObject({ kind: 'unknown' });
    expect([server.connections.size, server.received.length]).toEqual([2, 2]);
  });
});

/** A provider that answers the first request, and resets the connection of every later one. */
async function resettingAfterFirst(answer: object) {
  let count = 0;
  const server = started(
    await serve((_request, response) => {
      count += 1;
      if (count === 1) json(response, answer);
      else response.socket?.resetAndDestroy();
    }),
  );
  return { provider: topMediai({ baseUrl: server.url, apiKey: 'k' }), server };
}
