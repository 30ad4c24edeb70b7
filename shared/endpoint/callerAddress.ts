import type { IncomingHttpHeaders } from 'node:http';

export interface CallerAddress {
  ip: string;
  /** Behind Firebase Hosting all callers share the edge's address: limits per address would punish the many for one. */
  isShared: boolean;
}

/**
 * Where a request comes from.
 *
 * Everybody can write `X-Forwarded-For`; each proxy appends whom it saw. So the entry is counted from the right, by the
 * number of proxies that are ours: 0 means the socket's own address, 1 the last entry, which Google's front end wrote.
 */
export function callerAddress(headers: IncomingHttpHeaders, socketAddress: string | undefined, trustedHops: number): CallerAddress {
  const forwarded = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean);
  const seen = trustedHops > 0 ? forwarded.at(-trustedHops) : undefined;
  const ip = (seen ?? socketAddress ?? 'unknown').replace(/^::ffff:/i, '').slice(0, 64);
  return { ip, isShared: trustedHops > 0 && headers['x-forwarded-host'] !== undefined };
}
