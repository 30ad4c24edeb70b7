/**
 * V4 signatures in the query: rebuilds what the signer must have signed from the request as it came, and checks it.
 *
 * @see https://cloud.google.com/storage/docs/authentication/signatures and …/canonical-requests
 */
import { createHash, type KeyObject, verify } from 'node:crypto';
import { refuse } from '../objectStore/gcsError.ts';
import type { Call } from './call.ts';

const ALGORITHM = 'GOOG4-RSA-SHA256';
const LONGEST_LIFE_S = 7 * 24 * 3600;
const CLOCK_SKEW_MS = 15 * 60 * 1000;

interface Signers {
  /** None for accounts that are unknown or disabled. */
  publicKeysOf(email: string): KeyObject[];
}

export function hasSignature(call: Call): boolean {
  return call.query.has('X-Goog-Signature') || call.query.has('X-Goog-Algorithm');
}

/**
 * @returns the e-mail of the account that signed
 * @throws 400 when malformed or expired; 403 when the signature is not of this request by a known key
 */
export function checkSignedUrl(call: Call, signers: Signers, nowMs: number): string {
  const signed = readSignature(call);
  const endAtMs = signed.dateMs + signed.lifeS * 1000;
  if (nowMs > endAtMs) throw refuse.expired(endAtMs);
  if (signed.dateMs > nowMs + CLOCK_SKEW_MS) throw refuse.accessDenied('The request signature is not yet valid.');

  const keys = signers.publicKeysOf(signed.email);
  const candidates = methodsOf(call).flatMap((method) => hostsOf(call).map((host) => canonicalRequest(call, method, host, signed.headers)));
  const stringsToSign = candidates.map((candidate) => [ALGORITHM, signed.date, signed.scope, sha256(candidate)].join('\n'));
  const isSigned = stringsToSign.some((text) => keys.some((key) => verify('sha256', Buffer.from(text), key, signed.signature)));
  if (!isSigned) throw refuse.signatureDoesNotMatch(stringsToSign[0]!, candidates[0]!);
  return signed.email;
}

interface Signed {
  email: string;
  /** As in the query: `20261123T100000Z`. */
  date: string;
  dateMs: number;
  lifeS: number;
  scope: string;
  /** Lower-case names in the signed order. */
  headers: string[];
  signature: Buffer;
}

function readSignature({ query, headers }: Call): Signed {
  const [, email, scope, day] = /^(.+?)\/((\d{8})\/[\w-]+\/storage\/goog4_request)$/.exec(query.get('X-Goog-Credential') ?? '') ?? [];
  if (query.get('X-Goog-Algorithm') !== ALGORITHM) throw malformed('X-Goog-Algorithm');
  if (!email || !scope) throw malformed('X-Goog-Credential');

  const date = query.get('X-Goog-Date') ?? '';
  const dateMs = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (Number.isNaN(dateMs) || !date.startsWith(`${day}T`)) throw malformed('X-Goog-Date');

  const lifeS = Number(query.get('X-Goog-Expires'));
  if (!Number.isInteger(lifeS) || lifeS < 1 || lifeS > LONGEST_LIFE_S) throw malformed('X-Goog-Expires');

  const signedHeaders = (query.get('X-Goog-SignedHeaders') ?? '').split(';');
  if (!signedHeaders.includes('host')) throw malformed('X-Goog-SignedHeaders');
  const absent = signedHeaders.find((name) => headers[name] === undefined);
  if (absent !== undefined) throw refuse.malformedHeader(absent);

  const signature = Buffer.from(query.get('X-Goog-Signature') ?? '', 'hex');
  return { email, date, dateMs, lifeS, scope, headers: signedHeaders, signature };
}

function malformed(parameter: string) {
  return refuse.malformedHeader(parameter, `The value of ${parameter} is missing or invalid.`);
}

/** Who may read an object may also ask for its headers. */
function methodsOf({ method }: Call): string[] {
  return method === 'HEAD' ? ['HEAD', 'GET'] : [method];
}

/** The official client signs the host's name without the port, others the whole `Host` header; on Google's own port both are the same. */
function hostsOf({ headers }: Call): string[] {
  const host = headers.host ?? '';
  return [...new Set([host, host.replace(/:\d+$/, '')])];
}

function canonicalRequest({ parts, query, headers }: Call, method: string, host: string, signedHeaders: string[]): string {
  const header = (name: string) =>
    name === 'host'
      ? host
      : String(headers[name])
          .trim()
          .replace(/\s{2,}/g, ' ');
  return [
    method,
    `/${parts.map(encode).join('/')}`,
    canonicalQuery(query),
    ...signedHeaders.map((name) => `${name}:${header(name)}`),
    '',
    signedHeaders.join(';'),
    signedHeaders.includes('x-goog-content-sha256') ? header('x-goog-content-sha256') : 'UNSIGNED-PAYLOAD',
  ].join('\n');
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .filter(([name]) => name !== 'X-Goog-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
}

/** Everything but letters, digits and `-._~`. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
