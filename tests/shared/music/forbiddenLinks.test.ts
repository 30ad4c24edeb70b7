/** Links into our own networks, in every form that hides them: none is even connected to. */
import net from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DownloadFault, openDownload } from '../../../shared/music/index.ts';
import { type SmallServer, serve, until } from './smallServer.ts';
import { answerNames, type Names, openTrap, type Trap, type Watch, watchConnections } from './trap.ts';

/** Public by number, and nobody's: it was given back in 2006. No packet to it arrives anywhere. */
const NOBODYS = '3ffe::1';

let trap: Trap;
let provider: SmallServer;
let watch: Watch;
let names: Names | undefined;
/** Where the provider leads to; `/2` is followed by `/1`, and that by the address. */
let leadsTo = '';

beforeAll(async () => {
  trap = await openTrap();
  provider = await serve(({ url }, response) => {
    const left = Number(url.slice(1));
    response.writeHead(302, { location: left > 1 ? `/${left - 1}` : leadsTo }).end();
  });
});

beforeEach(() => {
  watch = watchConnections();
});

afterEach(() => {
  watch.stop();
  names?.restore();
  names = undefined;
  // To nobody but the provider and the address that is nobody's.
  expect([...new Set(watch.attempts)].filter((attempt) => !isFine(attempt))).toEqual([]);
  expect(trap.caught()).toEqual({ connections: 0, bytes: 0 });
});

afterAll(async () => {
  await trap.close();
  await provider.close();
});

function isFine(attempt: string): boolean {
  return attempt === `127.0.0.1 ${provider.port}` || attempt.startsWith(`${NOBODYS} `);
}

async function endOf(url: string, timeoutMs = 10_000): Promise<string> {
  const options = { providerBaseUrl: provider.url, maxBytes: 1_000, timeoutMs };
  const fault = await openDownload(url, options).catch((error: unknown) => error);
  return fault instanceof DownloadFault ? fault.kind : 'opened';
}

/** What is not refused, of links or of redirects to them: after none, or after so many. */
async function surprises(links: string[], redirects: number): Promise<string[]> {
  const found: string[] = [];
  for (const link of links) {
    leadsTo = link.replaceAll(/[^\t\x20-\x7e]/gu, encodeURIComponent); // a header is ASCII
    const end = await endOf(redirects === 0 ? link : `${provider.url}/${redirects}`);
    if (end !== 'forbidden_address') found.push(`${link}: ${end}`);
  }
  return found;
}

/** This machine, in every way of writing it. */
const OURSELVES = [
  ['127.0.0.1', '127.255.255.254', '127.1', '127.0.1', '127.1.', '127.0.0.1.', '0', '0.0.0.0', '00.0.0'],
  ['2130706433', '0x7f000001', '0x7f.1', '0X7F.0.0.0x1', '017700000001', '0177.0.0.01', '0177.0x1', '00000000177.0.0.1'],
  ['１２７.０.０.１', '127。0。0。1', '①②⑦.⓪.⓪.①', '𝟙𝟚𝟟.𝟘.𝟘.𝟙', '127%2e0%2e0%2e1', '%31%32%37.0.0.1', '127.0.0\u00ad.1'],
  ['[::1]', '[::]', '[0:0:0:0:0:0:0:1]', '[0000:0000::0001]', '[::0.0.0.1]', '[::127.0.0.1]', '[::7f00:1]'],
  ['[::ffff:127.0.0.1]', '[::FFFF:7F00:1]', '[0:0:0:0:0:ffff:127.0.0.1]', '[::ffff:0:127.0.0.1]', '[::ffff:0.0.0.0]'],
  ['[64:ff9b::127.0.0.1]', '[64:ff9b::7f00:1]', '[64:ff9b:1::127.0.0.1]', '[2002:7f00:1::]', '[2002:7f00:1::1]', '[2001:0:7f00:1::1]'],
  ['[::1%lo]', '[::1%25lo]', '[fe80::1%25eth0]', '[fe80::1]', '[2001:470::5efe:7f00:1]'],
  ['localhost', 'LOCALHOST', 'LocalHost', 'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ', 'ｌocalhost', 'local\u00adhost', 'loc%61lhost', 'localho\nst'],
].flat();

/** What only we can reach: no listener of a test can be there, but an attempt to connect would be seen. */
const OUR_NETWORKS = [
  ['10.0.0.1', '10.1', '0xa.1', '012.0.0.1', '167772161', '172.16.0.1', '172.31.255.255', '192.168.0.1', '192.168.257', '0xC0A80001'],
  ['169.254.169.254', '2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '169.254.43518', '[::ffff:a9fe:a9fe]', '[64:ff9b::a9fe:a9fe]'],
  ['[fd00:ec2::254]', '[fd20:ce::254]', '[fe80::a9fe:a9fe]', '100.100.100.200', '100.64.0.1', '192.0.0.192'],
  ['224.0.0.1', '255.255.255.255', '[ff02::1]', '240.0.0.1', '198.18.0.1', '192.88.99.1', '[2002:a00:1::1]', '[3fff::1]', '[5f00::1]'],
].flat();

describe('a link to this machine or to our networks', () => {
  it.each([0, 1, 2, 3])('is refused in every form, after %i redirects', async (redirects) => {
    const hosts = [...OURSELVES, ...OUR_NETWORKS];
    const links = hosts.flatMap((host) => [`https://${host}:${trap.port}/`, `https://${host}/`, `http://${host}:${trap.port}/`]);
    expect(await surprises(links, redirects)).toEqual([]);
  });

  it.each([0, 1, 2, 3])('is refused in every scheme and disguise, after %i redirects', async (redirects) => {
    const at = `127.0.0.1:${trap.port}`;
    const schemes = [
      'file',
      'ftp',
      'gopher',
      'ws',
      'wss',
      'ldap',
      'dict',
      'sftp',
      'tftp',
      'jar',
      'netdoc',
      'rtsp',
      'unix',
      'httpss',
      'h2c',
    ];
    const links = [
      ...schemes.flatMap((scheme) => [`${scheme}://${at}/`, `${scheme.toUpperCase()}://${at}/`, `${scheme}:///etc/passwd`]),
      ...['file:/etc/passwd', 'file://localhost/etc/passwd', 'unix:/var/run/docker.sock', `http://unix:/var/run/docker.sock:/${at}`],
      ...['data:audio/mpeg;base64,SUQz', 'data:,x', `blob:${provider.url}/1`, `blob:https://${at}/1`, `filesystem:https://${at}/x`],
      ...[
        'javascript:1',
        'about:blank',
        'mailto:a@sori.example',
        `view-source:https://${at}/`,
        `url:https://${at}/`,
        `jar:https://${at}!/a`,
      ],
      ...[`https://user:pass@${at}/`, `https://user@${at}/`, `https://:pass@${at}/`, `https://1.1.1.1@${at}/`, `https://%20@${at}/`],
      ...[`https://1.1.1.1:443@${at}/`, `https://${at}#@1.1.1.1/`, `https://${at}?@1.1.1.1/`, `https://${at}\\@1.1.1.1/`],
      ...[`//${at}/`, `\\\\${at}\\`, `/\\${at}/`, `\t//${at}/`, `/\t/${at}/`, `https:\\\\${at}/`, `https:/${at}/`, `https:${at}/`],
      ...[`  https://${at}/  `, `ht\ttps://${at}/`, `HTTPS://${at}/`, `https:////${at}/`, `https://127.0.0.1:0${trap.port}/`],
      ...[
        'https://',
        'https:///',
        'https://:443/',
        'https://[::1',
        'https://[]/',
        'https://127.0.0.1:99999/',
        'https://a b/',
        'https://%00/',
      ],
    ];
    expect(await surprises(links, redirects)).toEqual([]);
  });
});

describe('a name', () => {
  const at = (name: string) => `https://${name}:${trap.port}/`;

  it.each([0, 1, 3])('that leads to what is not public is refused, after %i redirects', async (redirects) => {
    const hosts = ['127.0.0.1', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '10.0.0.1', '169.254.169.254', '0.0.0.0', '::', 'fe80::1%lo'];
    hosts.push('fd00::1', '64:ff9b::7f00:1', '2002:7f00:1::1', '2001::1', '100.64.0.1', '255.255.255.255', '3ffe::1%lo', 'localhost', '');
    names = answerNames(Object.fromEntries(hosts.map((address, index) => [`n${index}.example`, [[address]]])));
    const links = hosts.map((_address, index) => at(`n${index}.example`));
    expect(await surprises([...links, at('N0.EXAMPLE'), at('ｎ0.example')], redirects)).toEqual([]);
  });

  it.each([
    ['first', ['127.0.0.1', '::1', NOBODYS]],
    ['last', [NOBODYS, '10.0.0.1', '127.0.0.1']],
  ])('that has a public address and others is led to the public one alone: the forbidden stand %s', async (_where, addresses) => {
    names = answerNames({ 'both.example': [addresses] });
    expect(['unreachable', 'timeout']).toContain(await endOf(at('both.example'), 500));
    expect(watch.attempts).toEqual([`${NOBODYS} ${trap.port}`]);
  });

  it('that changes its answer after it was checked gains nothing: it is asked once, and what was checked is connected to', async () => {
    names = answerNames({ 'rebinds.example': [[NOBODYS], ['127.0.0.1']] });
    expect(['unreachable', 'timeout']).toContain(await endOf(at('rebinds.example'), 500));
    expect([watch.attempts, names.asked.get('rebinds.example')]).toEqual([[`${NOBODYS} ${trap.port}`], 1]);
    expect(await endOf(at('rebinds.example'))).toBe('forbidden_address');
  });
});

describe('the watch over all of this', () => {
  it('would have seen a connection, and the trap as well', async () => {
    const own = await openTrap();
    const socket = net.connect(own.port, '127.0.0.2').on('error', () => {});
    socket.write('hello');
    await until(() => own.caught().bytes === 5);
    expect(own.caught()).toEqual({ connections: 1, bytes: 5 });
    socket.destroy();
    await own.close();
    expect(watch.attempts.splice(0)).toEqual([`127.0.0.2 ${own.port}`]);
  });
});
