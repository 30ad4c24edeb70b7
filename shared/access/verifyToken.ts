/**
 * Checks the two kinds of tokens that callers bring: Firebase ID tokens, and Cloud Scheduler's OIDC tokens.
 *
 * Sources: firebase.google.com/docs/auth/admin/verify-id-tokens ("using a third-party JWT library"),
 * cloud.google.com/scheduler/docs/http-target-auth, cloud.google.com/run/docs/troubleshooting#signature-removed.
 */
import type { KeyObject } from 'node:crypto';
import jwt, { type JwtPayload } from 'jsonwebtoken';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { type Clock, config, functionsUrl, required } from '#shared/runtime';
import { Certificates } from './certificates.ts';

export interface IdToken {
  uid: string;
  /** When the person last proved who he is, in seconds since the epoch. */
  authTimeS: number;
}

const SKEW_S = 10;
const GOOGLE = 'https://www.googleapis.com';
const ID_TOKEN_CERTIFICATES = '/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com';
const OIDC_CERTIFICATES = '/oauth2/v1/certs';

/** A uid names documents: what cannot be a document's id is nobody's. firebase.google.com/docs/firestore/quotas#limits */
const Uid = z
  .string()
  .min(1)
  .max(128)
  .regex(/^(?!\.{1,2}$|__.*__$)[^/]+$/su);
const Claims = z.object({ sub: Uid, iat: z.number(), auth_time: z.number() });
const OidcClaims = z.object({ email: z.string(), email_verified: z.literal(true) });

const sources = new Map<string, Certificates>();

/** @returns undefined for every token that is not a good ID token of this project, whatever is wrong with it */
export async function verifyIdToken(token: string, clock: Clock): Promise<IdToken | undefined> {
  const project = config().GOOGLE_CLOUD_PROJECT;
  const expected = { issuer: `https://securetoken.google.com/${project}`, audience: project };
  const payload = config().FIREBASE_AUTH_EMULATOR_HOST
    ? readUnsigned(token, expected, clock)
    : await verifySigned(token, ID_TOKEN_CERTIFICATES, expected, clock);
  const claims = Claims.safeParse(payload);
  if (!claims.success) return undefined;
  const latestS = clock.now() / 1000 + SKEW_S;
  if (claims.data.iat > latestS || claims.data.auth_time > latestS) return undefined;
  return { uid: claims.data.sub, authTimeS: claims.data.auth_time };
}

/** @returns whether this is Cloud Scheduler calling `functionName` in the name of our own service account */
export async function verifySchedulerToken(token: string, functionName: string, clock: Clock): Promise<boolean> {
  const expected = {
    issuer: ['https://accounts.google.com', 'accounts.google.com'] as [string, string],
    audience: `${functionsUrl()}/${functionName}`,
  };
  const payload = isCheckedByGoogle(token)
    ? readUnsigned(withoutSignature(token), expected, clock)
    : await verifySigned(token, OIDC_CERTIFICATES, expected, clock);
  const claims = OidcClaims.safeParse(payload);
  return claims.success && claims.data.email === required('SCHEDULER_SERVICE_ACCOUNT');
}

const SIGNATURE_REMOVED = '.SIGNATURE_REMOVED_BY_GOOGLE';

/**
 * Before a function that is not open to everybody stands Google's front end: it checks the token, and takes the signature away before it
 * hands the request on (docs/decisions/0049).
 */
function isCheckedByGoogle(token: string): boolean {
  return config().K_SERVICE !== undefined && token.endsWith(SIGNATURE_REMOVED);
}

function withoutSignature(token: string): string {
  const header = Buffer.from('{"alg":"none"}').toString('base64url');
  return `${header}.${token.split('.')[1] ?? ''}.`;
}

interface Expected {
  issuer: string | [string, ...string[]];
  audience: string;
}

async function verifySigned(token: string, path: string, expected: Expected, clock: Clock): Promise<JwtPayload | undefined> {
  const name = [path, expected.issuer, expected.audience, token].join(' ');
  const known = checked.get(name);
  const keyId = known?.keyId ?? readKeyId(token);
  const key = keyId === undefined ? undefined : await certificates(path).key(keyId, clock);
  if (!keyId || !key) return undefined;
  if (known?.key === key) return clock.now() / 1000 < known.endsAtS ? known.payload : undefined;
  const payload = check(token, key, { ...expected, algorithms: ['RS256'] }, clock);
  if (payload?.exp !== undefined && payload.nbf === undefined) checked.set(name, { keyId, key, payload, endsAtS: payload.exp + SKEW_S });
  return payload;
}

/** Of somebody who browses the same token comes again and again: with the same key its signature stays good. Only its end is looked at. */
const checked = new LRUCache<string, { keyId: string; key: KeyObject; payload: JwtPayload; endsAtS: number }>({ max: 1_000 });

function readKeyId(token: string): string | undefined {
  try {
    return jwt.decode(token, { complete: true })?.header.kid;
  } catch {
    return undefined; // a header that is no JSON
  }
}

/** Also for the Auth emulator, which signs nothing. Its host can be set only where `K_SERVICE` is not: config.ts refuses both together. */
function readUnsigned(token: string, expected: Expected, clock: Clock): JwtPayload | undefined {
  return check(token, '', { ...expected, algorithms: ['none'] }, clock);
}

function check(token: string, key: jwt.Secret | jwt.PublicKey, options: jwt.VerifyOptions, clock: Clock): JwtPayload | undefined {
  try {
    const clockTimestamp = Math.floor(clock.now() / 1000);
    const payload = jwt.verify(token, key, { ...options, complete: false, clockTimestamp, clockTolerance: SKEW_S });
    return typeof payload === 'string' || payload.exp === undefined ? undefined : payload;
  } catch {
    return undefined; // callers learn no reason: every bad token is the same 401
  }
}

function certificates(path: string): Certificates {
  const url = `${(config().GOOGLE_CERTS_URL ?? GOOGLE).replace(/\/+$/, '')}${path}`;
  const source = sources.get(url) ?? new Certificates(url);
  sources.set(url, source);
  return source;
}
