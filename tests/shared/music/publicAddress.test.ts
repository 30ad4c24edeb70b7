import type { LookupAddress } from 'node:dns';
import net from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { isPublicAddress, mayBePublic, publicLookup } from '../../../shared/music/publicAddress.ts';
import { serveSockets } from './smallServer.ts';

/** First and last address of every block that the two registries hold, whatever its use; those behind `+` are reachable, but for no download. */
const SPECIAL_IPV4 = `
  0.0.0.0 0.255.255.255  10.0.0.0 10.255.255.255  100.64.0.0 100.127.255.255  127.0.0.0 127.255.255.255  169.254.0.0 169.254.255.255
  172.16.0.0 172.31.255.255  192.0.0.0 192.0.0.255  192.0.0.8 192.0.0.170 192.0.0.171  192.0.2.0 192.0.2.255  192.88.99.0 192.88.99.255
  192.168.0.0 192.168.255.255  198.18.0.0 198.19.255.255  198.51.100.0 198.51.100.255  203.0.113.0 203.0.113.255
  240.0.0.0 255.255.255.254 255.255.255.255  224.0.0.0 239.255.255.255
  + 192.0.0.9 192.0.0.10  192.31.196.0 192.31.196.255  192.52.193.0 192.52.193.255  192.175.48.0 192.175.48.255`;
const SPECIAL_IPV6 = `
  :: ::1  ::ffff:0.0.0.0  64:ff9b:1:: 64:ff9b:1:ffff:ffff:ffff:ffff:ffff  100:: 100::ffff:ffff:ffff:ffff  100:0:0:1:: 100:0:0:1:ffff:ffff:ffff:ffff
  2001:: 2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff  2001:0:ffff:ffff:ffff:ffff:ffff:ffff  2001:2:: 2001:2:0:ffff:ffff:ffff:ffff:ffff
  2001:10:: 2001:1f:ffff:ffff:ffff:ffff:ffff:ffff  2001:db8:: 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff  2002:: 2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff
  3fff:: 3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff  5f00:: 5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff  fc00:: fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
  fe80:: febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff  ff00:: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff  fec0:: feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
  + 2001:1::1 2001:1::2 2001:1::3  2001:3:: 2001:3:ffff:ffff:ffff:ffff:ffff:ffff  2001:4:112:: 2001:4:112:ffff:ffff:ffff:ffff:ffff
  2001:20:: 2001:2f:ffff:ffff:ffff:ffff:ffff:ffff  2001:30:: 2001:3f:ffff:ffff:ffff:ffff:ffff:ffff  2620:4f:8000:: 2620:4f:8000:ffff:ffff:ffff:ffff:ffff`;
/** Next to those blocks, on either side. */
const NEIGHBOURS_IPV4 = `
  1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0
  191.255.255.255 192.0.1.0 192.0.1.255 192.0.3.0 192.88.98.255 192.88.100.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0
  198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0 223.255.255.255 1.1.1.1 8.8.8.8`;
const NEIGHBOURS_IPV6 =
  '2001:200:: 2001:db7:ffff:: 2001:db9:: 2001:ffff:: 2003:: 2606:4700::1111 3ffe:ffff:: 3fff:1000:: 2620:4f:7fff:: 2620:4f:8001::';

const words = (text: string) => text.split(/[\s+]+/).filter(Boolean);

describe('an address that a link may lead to', () => {
  it('is public: whatever lies outside all special blocks, also as IPv4 seen from a network of IPv6', () => {
    const ipv4 = words(NEIGHBOURS_IPV4);
    const all = [...ipv4, ...ipv4.flatMap((address) => [`::ffff:${address}`, `64:ff9b::${address}`]), ...words(NEIGHBOURS_IPV6)];
    expect(all.filter((address) => !isPublicAddress(address))).toEqual([]);
  });
});

describe('an address that no link may lead to', () => {
  it('is each that the registries of special addresses hold, and IPv4 in every form of IPv6', () => {
    const ipv4 = words(SPECIAL_IPV4);
    const forms = ['::ffff:', '::', '::ffff:0:', '64:ff9b::', '64:ff9b:1::', 'fe80::', '2606:4700::5efe:', '2606:4700::200:5efe:'];
    const all = [...ipv4, ...forms.flatMap((form) => ipv4.map((address) => form + address)), ...words(SPECIAL_IPV6)];
    expect(all.filter(isPublicAddress)).toEqual([]);
  });

  it('is one that carries even a public one through a tunnel, or has a zone, or was never given out', () => {
    const tunnels = ['2002:808:808::1', '2001:0:808:808::1', '64:ff9b:1::808:808', '::8.8.8.8', '2606:4700::5efe:808:808'];
    const zones = ['fe80::1%eth0', '2606:4700::1111%eth0', '::ffff:8.8.8.8%1', '2606:4700::1111%'];
    const free = ['4000::1', '1000::1', '200::1', '6000::', 'e000::1', 'fe00::1', '64:ff9b:2::1', '64:ff9a::808:808'];
    expect([...tunnels, ...zones, ...free].filter(isPublicAddress)).toEqual([]);
  });

  it('is no address at all', () => {
    const none = [
      '',
      ' ',
      'localhost',
      '8.8.8',
      '0x8.8.8.8',
      '010.8.8.8',
      '134744072',
      '1.1.1.1.1',
      '1.1.1.1 ',
      '[2606:4700::1]',
      '8.8.8.8:53',
    ];
    expect(none.filter(isPublicAddress)).toEqual([]);
  });

  it('is found in every way of writing it that the URL parser knows', () => {
    const hosts = [
      '2130706433',
      '0x7f.1',
      '0177.0.0.1',
      '127.1',
      '0x7f000001',
      '127.0.0.1.',
      '127。0。0。1',
      '[::ffff:127.0.0.1]',
      '[::1]',
    ];
    expect(hosts.filter((host) => mayBePublic(new URL(`https://${host}/`).hostname))).toEqual([]);
  });
});

describe('a name that is resolved for a link', () => {
  const addresses = (...list: string[]): LookupAddress[] => list.map((address) => ({ address, family: net.isIP(address) }));

  function resolved(found: LookupAddress[], all: boolean) {
    return new Promise((resolve) => {
      let refused = false;
      const lookup = publicLookup(
        () => {
          refused = true;
        },
        (_name, _options, callback) => callback(null, found),
      );
      lookup('song.example', { all }, (error, address, family) => resolve({ failed: error !== null, refused, address, family }));
    });
  }

  it('leads to its public addresses only', async () => {
    const found = addresses('10.0.0.1', '8.8.8.8', '::1', '2606:4700::1111');
    expect(await resolved(found, true)).toMatchObject({ failed: false, address: addresses('8.8.8.8', '2606:4700::1111') });
    expect(await resolved(found, false)).toMatchObject({ failed: false, address: '8.8.8.8', family: 4 });
  });

  it('leads nowhere when it has none', async () => {
    expect(await resolved(addresses('127.0.0.1', 'fe80::1'), true)).toEqual({
      failed: true,
      refused: true,
      address: [],
      family: undefined,
    });
  });

  it('gains nothing by changing its answer: the socket asks once and connects to what was checked', async () => {
    const inside = await serveSockets(() => {});
    let asked = 0;
    const lookup = publicLookup(
      () => {},
      (_name, _options, callback) => {
        asked += 1;
        callback(null, addresses(asked === 1 ? '127.0.0.1' : '8.8.8.8'));
      },
    );
    const socket = net.connect({ host: 'song.example', port: inside.port, lookup });
    const error = await new Promise<Error>((resolve) => socket.once('error', resolve));
    expect([error.message, asked, inside.connections.size]).toEqual(['no public address', 1, 0]);
    await inside.close();
  });
});
