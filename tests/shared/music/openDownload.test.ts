import { lookup } from 'node:dns/promises';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { DownloadFault, type DownloadOptions, openDownload } from '../../../shared/music/index.ts';
import { freePort, type Received, type SmallServer, serve, serveSockets, until } from './smallServer.ts';

const MP3 = Buffer.alloc(300_000, 7);

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

function started<Server extends { close(): Promise<void> }>(server: Server): Server {
  open.push(server);
  return server;
}

async function provider(answer: (response: ServerResponse, request: Received) => void, host?: string): Promise<SmallServer> {
  return started(await serve((request, response) => answer(response, request), host));
}

function fetchFrom(url: string, options: Partial<DownloadOptions> = {}) {
  return openDownload(url, {
    providerBaseUrl: options.providerBaseUrl ?? new URL(url).origin,
    maxBytes: 1_000_000,
    timeoutMs: 2000,
    ...options,
  });
}

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The fault of opening it or of reading it. */
async function faultOf(url: string, options: Partial<DownloadOptions> = {}): Promise<{ kind: string; status?: number | undefined }> {
  const read = async () => bytesOf((await fetchFrom(url, { providerBaseUrl: 'https://music.example', ...options })).body);
  const fault = await read().catch((error: unknown) => error);
  if (!(fault instanceof DownloadFault)) throw new Error('it did not fail as a download does');
  expect(`${fault.message}${fault.stack}`).not.toContain('signature');
  return fault.status === undefined ? { kind: fault.kind } : { kind: fault.kind, status: fault.status };
}

describe('a file at the provider’s own origin', () => {
  it('comes whole, with its type and length, and nothing of ours is sent along', async () => {
    const server = await provider((response) =>
      response.writeHead(200, { 'content-type': 'audio/mpeg', 'content-length': MP3.length }).end(MP3),
    );
    const { body, ...head } = await fetchFrom(`${server.url}/a.mp3?signature=1`);
    expect(head).toEqual({
      status: 200,
      contentType: 'audio/mpeg',
      contentLength: MP3.length,
      finalUrl: `${server.url}/a.mp3?signature=1`,
    });
    expect((await bytesOf(body)).equals(MP3)).toBe(true);
    expect(Object.keys(server.received[0]!.headers).sort()).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'user-agent']);
  });

  it('comes without a type or a length when the provider states none', async () => {
    const server = await provider((response) => response.writeHead(200).end());
    expect(await fetchFrom(server.url)).toMatchObject({ contentType: null, contentLength: null, finalUrl: `${server.url}/` });
  });

  it('is found at whichever address of the name somebody listens', async () => {
    for (const { address: host } of await lookup('localhost', { all: true })) {
      const server = await provider((response) => response.end('song'), host);
      const { body } = await fetchFrom(`http://localhost:${server.port}/`);
      expect(String(await bytesOf(body))).toBe('song');
    }
  });

  it('is followed through three redirects, relative ones too, and not through four', async () => {
    const server = await provider((response, { url }) => {
      const left = Number(url.slice(1));
      if (left === 0) response.end('song');
      else
        response
          .writeHead([301, 302, 303, 307][left] ?? 308, { location: left % 2 ? `${left - 1}` : `${server.url}/${left - 1}` })
          .end('moved');
    });
    const { body, finalUrl } = await fetchFrom(`${server.url}/3`);
    expect([String(await bytesOf(body)), finalUrl]).toEqual(['song', `${server.url}/0`]);
    expect(await faultOf(`${server.url}/4`, { providerBaseUrl: server.url })).toEqual({ kind: 'too_many_redirects' });
    expect(server.received.map(({ url }) => url)).toEqual(['/3', '/2', '/1', '/0', '/4', '/3', '/2', '/1']);
  });
});

describe('a link into our own networks', () => {
  it.each<[string, (port: number) => string]>([
    ['plain http', (port) => `http://127.0.0.1:${port}/`],
    ['an address written out', (port) => `https://127.0.0.1:${port}/`],
    ['the address as one number', (port) => `https://2130706433:${port}/`],
    ['the address in hexadecimal', (port) => `https://0x7f.1:${port}/`],
    ['the address in octal', (port) => `https://0177.0.0.1:${port}/`],
    ['the address inside an IPv6 one', (port) => `https://[::ffff:127.0.0.1]:${port}/`],
    ['a name of ours', (port) => `https://localhost:${port}/`],
  ])('is refused before anybody is connected to: %s', async (_name, link) => {
    const inside = started(await serveSockets(() => {}));
    expect(await faultOf(link(inside.port))).toEqual({ kind: 'forbidden_address' });
    expect(inside.connections.size).toBe(0);
  });

  it.each([
    'https://169.254.169.254/computeMetadata/v1/',
    'http://song.example/a.mp3',
    'https://user:signature@song.example/a.mp3',
    'ftp://song.example/a.mp3',
    'file:///etc/passwd',
    'data:audio/mpeg;base64,AAAA',
    'blob:https://music.example/1',
    'a.mp3',
    '',
  ])('is refused as well: %s', async (link) => {
    expect(await faultOf(link)).toEqual({ kind: 'forbidden_address' });
  });

  it('is refused at the provider’s host when port, scheme or name differ from its origin', async () => {
    const server = await provider((response) => response.end('song'));
    const links = [
      `http://localhost:${server.port}/`,
      `https://127.0.0.1:${server.port}/`,
      `http://127.0.0.1:${(await freePort()).toString()}/`,
    ];
    for (const link of links) expect(await faultOf(link, { providerBaseUrl: server.url })).toEqual({ kind: 'forbidden_address' });
    expect(server.connections.size).toBe(0);
  });

  it('is refused with credentials even at the provider’s origin', async () => {
    const server = await provider((response) => response.end('song'));
    expect(await faultOf(`http://user:signature@127.0.0.1:${server.port}/`, { providerBaseUrl: server.url })).toEqual({
      kind: 'forbidden_address',
    });
  });

  it('is refused when a redirect leads there', async () => {
    const inside = started(await serveSockets(() => {}));
    for (const host of [
      `https://127.0.0.1:${inside.port}/`,
      `http://127.0.0.1:${inside.port}/`,
      `https://localhost:${inside.port}/`,
      '//[::1]/',
    ]) {
      const server = await provider((response) => response.writeHead(302, { location: host }).end());
      expect(await faultOf(server.url, { providerBaseUrl: server.url })).toEqual({ kind: 'forbidden_address' });
    }
    expect(inside.connections.size).toBe(0);
  });
});

describe('a download that cannot succeed', () => {
  async function faultWhen(answer: (response: ServerResponse) => void, options: Partial<DownloadOptions> = {}) {
    const server = await provider(answer);
    return await faultOf(server.url, { providerBaseUrl: server.url, ...options });
  }

  it.each([206, 304, 403, 404, 500])('says which status it met: %i', async (status) => {
    expect(await faultWhen((response) => response.writeHead(status).end())).toEqual({ kind: 'bad_status', status });
  });

  it('says that a redirect leads nowhere', async () => {
    expect(await faultWhen((response) => response.writeHead(302).end())).toEqual({ kind: 'bad_status', status: 302 });
  });

  it('ends before the first byte when it is declared too large', async () => {
    const server = await provider((response) => response.writeHead(200, { 'content-length': 1_000_001 }).write('x'));
    await expect(fetchFrom(server.url)).rejects.toMatchObject({ kind: 'too_large' });
    await until(() => [...server.connections].every((socket) => socket.destroyed));
  });

  it('ends at the bound when it turns out too large', async () => {
    const undeclared = (response: ServerResponse) => response.write(MP3.subarray(1), () => response.end(MP3.subarray(0, 1)));
    expect(await faultWhen(undeclared, { maxBytes: MP3.length - 1 })).toEqual({ kind: 'too_large' });
    expect((await bytesOf((await fetchFrom((await provider(undeclared)).url, { maxBytes: MP3.length })).body)).length).toBe(MP3.length);
  });

  it('is not blown up by compression', async () => {
    const server = await provider((response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('as it is'));
    expect(String(await bytesOf((await fetchFrom(server.url)).body))).toBe('as it is');
  });

  it('ends when no answer comes in time', async () => {
    expect(await faultWhen(() => {}, { timeoutMs: 100 })).toEqual({ kind: 'timeout' });
  });

  it('ends when the body trickles', async () => {
    const trickle = (response: ServerResponse) => {
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    };
    expect(await faultWhen(trickle, { timeoutMs: 150 })).toEqual({ kind: 'timeout' });
  });

  it('ends when it breaks off', async () => {
    const cut = (response: ServerResponse) =>
      response.writeHead(200, { 'content-length': 100 }).write('x', () => response.socket?.destroy());
    expect(await faultWhen(cut)).toEqual({ kind: 'cut' });
  });

  it('ends when the caller calls it off, before the answer or after', async () => {
    const controller = new AbortController();
    expect(await faultWhen(() => controller.abort(), { signal: controller.signal })).toEqual({ kind: 'cut' });
    expect(await faultWhen((response) => response.end(MP3), { signal: AbortSignal.abort() })).toEqual({ kind: 'cut' });
    const later = new AbortController();
    const { body } = await fetchFrom((await provider((response) => response.write('x'))).url, { signal: later.signal });
    const reading = bytesOf(body);
    later.abort();
    await expect(reading).rejects.toMatchObject({ kind: 'cut' });
  });

  it('says that nobody is there', async () => {
    const url = `http://127.0.0.1:${await freePort()}/`;
    expect(await faultOf(url, { providerBaseUrl: url })).toEqual({ kind: 'unreachable' });
    expect(await faultOf('https://no-such-host.invalid/?signature=1')).toEqual({ kind: 'unreachable' });
  });
});

describe('the connection of a download', () => {
  const endless = (response: ServerResponse) => {
    const more = () => {
      while (!response.destroyed && response.write(MP3));
    };
    response.on('drain', more);
    more();
  };

  it('is freed when the reader stops early', async () => {
    const server = await provider(endless);
    for await (const _chunk of (await fetchFrom(server.url)).body) break;
    await until(() => [...server.connections].every((socket) => socket.destroyed));
  });

  it('is freed when the file has been read', async () => {
    const server = await provider((response) => response.end(MP3));
    await bytesOf((await fetchFrom(server.url)).body);
    await until(() => [...server.connections].every((socket) => socket.destroyed));
  });

  it('may break before anybody reads: the reader is told', async () => {
    const server = await provider((response) =>
      response.writeHead(200, { 'content-length': 9 }).write('x', () => response.socket?.destroy()),
    );
    const { body } = await fetchFrom(server.url);
    await until(() => [...server.connections].every((socket) => socket.destroyed));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await expect(bytesOf(body)).rejects.toMatchObject({ kind: 'cut' });
    const late = await fetchFrom((await provider(endless)).url, { timeoutMs: 700 });
    await new Promise((resolve) => setTimeout(resolve, 900));
    await expect(bytesOf(late.body)).rejects.toMatchObject({ kind: 'timeout' });
  });

  it('is freed at the time limit when nobody reads at all', async () => {
    const server = await provider(endless);
    await fetchFrom(server.url, { timeoutMs: 700 });
    await until(() => [...server.connections].every((socket) => socket.destroyed));
  });

  it('lets the provider wait while the reader is slow', async () => {
    let sentBytes = 0;
    const server = await provider((response) => {
      const more = () => {
        do sentBytes += MP3.length;
        while (sentBytes < 200 * MP3.length && response.write(MP3));
      };
      response.on('drain', more);
      more();
    });
    const { body } = await fetchFrom(server.url, { maxBytes: 1e9 });
    for await (const _chunk of body) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      break;
    }
    expect(sentBytes).toBeLessThan(100 * MP3.length); // of the 200 on offer; the rest of what was sent fills the sockets' buffers
  });
});
