import type { LookupAddress } from 'node:dns';
import net from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { isPublicAddress, mayBePublic, publicLookup } from '../../../shared/music/publicAddress.ts';
import { serveSockets } from './smallServer.ts';

describe('an address that a link may lead to', () => {
  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '100.63.255.255',
    '172.32.0.1',
    '2606:4700::1111',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
    '2002:808:808::1',
  ])('is public: %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});

describe('an address that no link may lead to', () => {
  it.each<[string, string[]]>([
    ['loopback', ['127.0.0.1', '127.255.255.254', '::1']],
    ['private', ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fd00:ec2::254', 'fc00::1']],
    ['link-local, where cloud metadata is', ['169.254.169.254', 'fe80::1', 'fe80::1%eth0', 'fec0::1']],
    ['carrier-grade NAT', ['100.64.0.1', '100.127.255.255']],
    ['multicast or broadcast', ['224.0.0.1', '239.255.255.255', '255.255.255.255', 'ff02::1']],
    ['unspecified or reserved', ['0.0.0.0', '0.1.2.3', '::', '240.0.0.1', '192.0.2.1', '198.18.0.1', '2001:db8::1', '4000::1', '100::1']],
    ['an IPv4 address written as IPv6', ['::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:a9fe:a9fe', '::127.0.0.1', '::ffff:0:127.0.0.1']],
    ['behind NAT64', ['64:ff9b::127.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::808:808']],
    ['behind a tunnel', ['2002:7f00:1::', '2002:a9fe:a9fe::1', '2002:c0a8:101::', '2001::1']],
    ['no address', ['', 'localhost', '8.8.8', '0x8.8.8.8', '1.1.1.1.1']],
  ])('is %s', (_name, addresses) => {
    expect(addresses.filter(isPublicAddress)).toEqual([]);
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
