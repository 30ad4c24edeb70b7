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
 * NAT, multicast, unspecified, reserved for any use, or no address at all is not; nor is an IPv6 form that carries such an IPv4
 * address, nor one with a zone (it names an interface of this machine), nor a tunnel.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0 || address.includes('%')) return false;
  if (/^::[\d.]+$/.test(address)) return false; // of the old form ::a.b.c.d, which the parser takes for ::ffff:a.b.c.d
  const parsed = ipaddr.process(address); // takes ::ffff:a.b.c.d as a.b.c.d
  if (parsed instanceof ipaddr.IPv4) return parsed.range() === 'unicast';
  if (parsed.range() === 'unicast') return isGlobalUnicast(parsed) && !isIsatap(parsed);
  return carriedIPv4(parsed)?.range() === 'unicast';
}

/** 2000::/3 is all that has been given out so far. */
function isGlobalUnicast(address: ipaddr.IPv6): boolean {
  return address.parts[0] !== undefined && address.parts[0] >> 13 === 0b001;
}

/** A tunnel inside a site, `…:0:5efe:a.b.c.d` (RFC 5214): what it carries says nothing of where it leads. */
function isIsatap({ parts }: ipaddr.IPv6): boolean {
  return parts[5] === 0x5efe && (parts[4] === 0 || parts[4] === 0x200);
}

/** The IPv4 address in a NAT64 address of the well-known prefix 64:ff9b::/96 (RFC 6052): so a network without IPv4 sees every name of IPv4. */
function carriedIPv4(address: ipaddr.IPv6): ipaddr.IPv4 | undefined {
  const isNat64 = address.match(ipaddr.IPv6.parse('64:ff9b::'), 96);
  return isNat64 ? new ipaddr.IPv4(address.toByteArray().slice(12, 16)) : undefined;
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
