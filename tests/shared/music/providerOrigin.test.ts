/** The one exception: at exactly the configured provider's origin plain http and an address of our own networks are allowed. Its neighbours are not. */
import { generateKeyPairSync } from 'node:crypto';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { selfSignedCertificate } from '../../../scripts/local/google/certificate.ts';
import { DownloadFault, openDownload } from '../../../shared/music/index.ts';
import { type Received, type SmallServer, serve } from './smallServer.ts';
import { answerNames, type Names, openTrap, type Trap, type Watch, watchConnections } from './trap.ts';

let trap: Trap;
let provider: SmallServer;
let names: Names;
let watch: Watch;
/** Where `/moved` of the provider leads to. */
let leadsTo = '';

beforeAll(async () => {
  trap = await openTrap();
  provider = await serve((request, response) => {
    if (request.url !== '/moved') response.end('song');
    else response.writeHead(302, { location: leadsTo, 'set-cookie': 'session=1; Path=/' }).end();
  });
  const ourselves = [['127.0.0.1']];
  const known = ['music.test', 'music.test.', 'www.music.test', 'usic.test', 'xmusic.test', 'music.test.evil', 'ours.test'];
  names = answerNames(Object.fromEntries(known.map((name) => [name, ourselves])));
});

beforeEach(() => {
  watch = watchConnections();
  provider.received.splice(0);
});

afterEach(() => {
  watch.stop();
  expect(watch.attempts.filter((attempt) => attempt !== `127.0.0.1 ${provider.port}`)).toEqual([]);
  expect(trap.caught()).toEqual({ connections: 0, bytes: 0 });
});

afterAll(async () => {
  names.restore();
  await trap.close();
  await provider.close();
});

async function endOf(url: string, providerBaseUrl = `http://music.test:${provider.port}`): Promise<string> {
  try {
    const { body } = await openDownload(url, { providerBaseUrl, maxBytes: 1_000, timeoutMs: 10_000 });
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return String(Buffer.concat(chunks));
  } catch (error) {
    if (error instanceof DownloadFault) return error.kind;
    throw error;
  }
}

function asked(): string[] {
  return provider.received.map(({ url }) => url);
}

/** What leaves the provider's origin, seen from a page of it. `P` is its port, `T` that of the trap. */
const NEIGHBOURS = [
  [
    'http://music.test:T/',
    'https://music.test:T/',
    'http://music.test/',
    'https://music.test/',
    'https://music.test:P/',
    '//music.test:T/',
  ],
  ['http://music.test.:P/', 'http://www.music.test:P/', 'http://usic.test:P/', 'http://xmusic.test:P/', 'http://music.test.evil:P/'],
  [
    'http://ours.test:P/',
    'http://127.0.0.1:P/',
    'http://localhost:P/',
    'http://[::1]:P/',
    'http://[::ffff:127.0.0.1]:P/',
    'http://127.1:P/',
  ],
  ['http://user@music.test:P/', 'http://user:pass@music.test:P/', 'http://:pass@music.test:P/', 'https://music.test@music.test:P/'],
  [
    'http://music.test:P@127.0.0.1:T/',
    'http://music.test%3AP@127.0.0.1:T/',
    'http://127.0.0.1:T/music.test:P/',
    'http://127.0.0.1:T#@music.test:P/',
  ],
  [
    'http://127.0.0.1:T\\@music.test:P/',
    'http://127.0.0.1:T?http://music.test:P/',
    '//127.0.0.1:T/',
    '/\\127.0.0.1:T/',
    '\\\\127.0.0.1:T/',
  ],
  [
    '/\t/127.0.0.1:T/',
    'https:127.0.0.1:T',
    'ftp://music.test:P/',
    'ws://music.test:P/',
    'file://music.test/etc/passwd',
    'blob:http://music.test:P/1',
  ],
].flat();

/** What looks as if it left, and does not. */
const SAME_ORIGIN: [string, string][] = [
  ['http://MUSIC.TEST:P/a', '/a'],
  ['HTTP://music.test:P/a', '/a'],
  ['http://ｍusic.test:P/a', '/a'],
  ['http://music.test:P\\@127.0.0.1:T/', '/@127.0.0.1:T/'],
  ['http://music.test:P/@127.0.0.1:T/', '/@127.0.0.1:T/'],
  ['http://music.test:P/a/..//127.0.0.1:T/', '//127.0.0.1:T/'],
  ['http://music.test:P/a#@127.0.0.1:T/', '/a'],
  ['http://music.test:P/?u=http://127.0.0.1:T/', '/?u=http://127.0.0.1:T/'],
];

function filledIn(link: string): string {
  return link.replaceAll(/\bP\b/g, String(provider.port)).replaceAll(/\bT\b/g, String(trap.port));
}

describe('the provider’s origin', () => {
  it.each(NEIGHBOURS.filter((link) => !/^[/\\]/.test(link)))('does not cover %s', async (link) => {
    expect(await endOf(filledIn(link))).toBe('forbidden_address');
    expect(asked()).toEqual([]);
  });

  it.each(NEIGHBOURS)('is not left by a redirect to %s', async (link) => {
    leadsTo = filledIn(link);
    expect(await endOf(`http://music.test:${provider.port}/moved`)).toBe('forbidden_address');
    expect(asked()).toEqual(['/moved']);
  });

  it.each(SAME_ORIGIN)('is not left by %s', async (link, path) => {
    expect(await endOf(filledIn(link))).toBe('song');
    leadsTo = filledIn(link).replace('ｍ', encodeURIComponent);
    expect(await endOf(`http://music.test:${provider.port}/moved`)).toBe('song');
    expect(asked()).toEqual([filledIn(path), '/moved', filledIn(path)]);
  });

  it('is the same however the setting is written', async () => {
    for (const base of ['HTTP://Music.Test:P', 'http://music.test:P/', 'http://music.test:P/v3/music?x=1#y'])
      expect(await endOf(`http://music.test:${provider.port}/a`, filledIn(base))).toBe('song');
    expect(await endOf(`http://music.test:${provider.port}/a`, filledIn('http://music.test:T'))).toBe('forbidden_address');
  });
});

describe('an origin without a port', () => {
  it('covers no other port, and no longer name', async () => {
    const links = ['http://music.test:P/', 'http://music.test.evil:P/', 'http://music.test@127.0.0.1:T/', 'http://music.testevil:P/'];
    for (const link of links) expect([link, await endOf(filledIn(link), 'http://music.test')]).toEqual([link, 'forbidden_address']);
  });
});

describe('a request that follows a redirect', () => {
  it('takes along nothing of ours and nothing of the one before', async () => {
    leadsTo = '/a?signature=1';
    await endOf(`http://music.test:${provider.port}/moved`);
    const [, second] = provider.received as [Received, Received];
    expect(second).toEqual({
      method: 'GET',
      url: '/a?signature=1',
      body: '',
      headers: {
        accept: '*/*',
        'accept-encoding': 'identity',
        'user-agent': 'sori',
        host: `music.test:${provider.port}`,
        connection: 'close',
      },
    });
  });

  it('goes through no proxy that the environment names', async () => {
    const variables = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'];
    for (const name of variables) process.env[name] = `http://127.0.0.1:${trap.port}`;
    leadsTo = '/a';
    const end = await endOf(`http://music.test:${provider.port}/moved`).finally(() => {
      for (const name of variables) delete process.env[name];
    });
    expect(end).toBe('song');
  });
});

describe('a provider by https', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const day = (days: number) => new Date(Date.now() + days * 86_400_000);
  const cert = selfSignedCertificate(privateKey, { commonName: 'music.test', notBefore: day(-1), notAfter: day(1) });
  const server = https.createServer({ key: privateKey.export({ type: 'pkcs8', format: 'pem' }), cert }, (request, response) => {
    if (request.url === '/moved') response.writeHead(302, { location: leadsTo }).end();
    else response.end('song');
  });
  const trusted = tls.getCACertificates('default');
  let base: string;
  let port: number;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
    base = `https://music.test:${port}`;
  });

  afterEach(() => {
    tls.setDefaultCACertificates(trusted);
    watch.attempts.splice(0, watch.attempts.length, ...watch.attempts.filter((attempt) => attempt !== `127.0.0.1 ${port}`));
  });

  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it('is believed only with a certificate that is trusted', async () => {
    expect(await endOf(`${base}/a`, base)).toBe('unreachable');
    tls.setDefaultCACertificates([...trusted, cert]);
    expect(await endOf(`${base}/a`, base)).toBe('song');
  });

  it('is never left for plain http, not even to itself', async () => {
    tls.setDefaultCACertificates([...trusted, cert]);
    for (const link of [`http://music.test:${port}/a`, 'http://music.test/a', `http://127.0.0.1:${trap.port}/`, `http://1.1.1.1/a`]) {
      leadsTo = link;
      expect(await endOf(`${base}/moved`, base)).toBe('forbidden_address');
      expect(await endOf(link, base)).toBe('forbidden_address');
    }
  });

  it('leads to no other port of its host, nor to another name of it', async () => {
    tls.setDefaultCACertificates([...trusted, cert]);
    for (const link of [
      `https://music.test:${trap.port}/`,
      `https://127.0.0.1:${port}/`,
      `https://ours.test:${port}/`,
      `//user@music.test:${port}/a`,
    ]) {
      leadsTo = link;
      expect(await endOf(`${base}/moved`, base)).toBe('forbidden_address');
    }
  });
});
