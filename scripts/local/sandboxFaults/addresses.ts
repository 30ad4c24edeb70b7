/** Addresses that nobody may be led to, by the names that a fault's `url` takes. */
export const ADDRESSES = {
  metadata: 'http://169.254.169.254/computeMetadata/v1/',
  metadataName: 'https://metadata.google.internal/computeMetadata/v1/',
  /** The sandbox itself under another name than its own: it counts who comes. */
  loopback: 'http://localhost:<port of the sandbox>/trap',
  loopback6: 'https://[::1]/',
  mapped: 'https://[::ffff:127.0.0.1]/',
  decimal: 'https://2130706433/',
  linkLocal: 'https://169.254.1.1/',
  linkLocal6: 'https://[fe80::1]/',
  private: 'https://10.0.0.1/',
} as const;

/** Where `loopback` leads. */
export const TRAP_PATH = '/trap';

/** @param given - a name of `ADDRESSES`, an address, or nothing for the metadata server; @param sandboxUrl - where the trap is */
export function addressOf(given: string | undefined, sandboxUrl: string): string {
  if (given === undefined) return ADDRESSES.metadata;
  if (given === 'loopback') return `http://localhost:${new URL(sandboxUrl).port}${TRAP_PATH}`;
  return Object.hasOwn(ADDRESSES, given) ? ADDRESSES[given as keyof typeof ADDRESSES] : given;
}
