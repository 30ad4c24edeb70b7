/** Which addresses of the network a link of somebody else's may lead to: public ones, never into our own networks. */
import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The one check of a link's host that needs no name service: an address written out must be public. A name is checked when it is resolved. */
export function mayBePublic(hostname: string): boolean {
  const literal = hostname.replace(/^\[|\]$/g, '');
  return isIP(literal) === 0 || isPublicAddress(literal);
}

/**
 * True for addresses of the public internet only. What is loopback, private, link-local (cloud metadata is there), carrier-grade
 * NAT, multicast, unspecified, reserved, or no address at all is not; nor is an IPv6 form that carries such an IPv4 address.
 *
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.process(address); // takes ::ffff:a.b.c.d as a.b.c.d
  if (parsed.range() === 'unicast') return parsed instanceof ipaddr.IPv4 || isGlobalUnicast(parsed);
  const carried = parsed instanceof ipaddr.IPv6 ? carriedIPv4(parsed) : undefined;
  return carried?.range() === 'unicast';
}

/** 2000::/3 is all that has been given out so far. */
function isGlobalUnicast(address: ipaddr.IPv6): boolean {
  return address.parts[0] !== undefined && address.parts[0] >> 13 === 0b001;
}

/** The IPv4 address in a NAT64 address of the well-known prefix 64:ff9b::/96 (RFC 6052) or in a 6to4 address 2002::/16 (RFC 3056). */
function carriedIPv4(address: ipaddr.IPv6): ipaddr.IPv4 | undefined {
  const bytes = address.toByteArray();
  if (address.match(ipaddr.IPv6.parse('64:ff9b::'), 96)) return new ipaddr.IPv4(bytes.slice(12, 16));
  if (address.range() === '6to4') return new ipaddr.IPv4(bytes.slice(2, 6));
  return undefined;
}

type Resolve = (
  hostname: string,
  options: { all: true; family?: number | 'IPv4' | 'IPv6' },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * A name look-up for sockets that gives public addresses only, and an error when there are none.
 *
 * The socket connects to what it is given here and asks nobody again, so a name that changes its answer gains nothing.
 */
export function publicLookup(onRefused: () => void, resolve: Resolve = systemLookup): LookupFunction {
  return (hostname, { family, all }, callback) => {
    resolve(hostname, { all: true, ...(family === undefined ? {} : { family }) }, (error, addresses) => {
      if (error) return callback(error, []);
      const accepted = addresses.filter(({ address }) => isPublicAddress(address));
      const [first] = accepted;
      if (!first) {
        onRefused();
        return callback(new Error('no public address'), []);
      }
      return all ? callback(null, accepted) : callback(null, first.address, first.family);
    });
  };
}
