import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jwt from 'jsonwebtoken';
import { type LocalGoogle, startGoogle } from '../../../scripts/local/google/index.ts';
import { signerWith } from '../../../scripts/local/google/signing.ts';
import { loadState } from '../../../scripts/local/google/state.ts';
import { TestClock } from '../../support/clock.ts';

export const PROJECT = 'sori-signed';
export const SERVICE_URL = 'https://sori.example/v1';
export const SCHEDULER = 'scheduler@sori-signed.iam.gserviceaccount.com';

type Claims = Record<string, unknown>;

export interface SignedTokens {
  google: LocalGoogle;
  clock: TestClock;
  /** The claims of a good ID token, with these in their place; `undefined` leaves one out. */
  idClaims(change?: Claims): Claims;
  /** A good ID token, with these claims in their place. */
  idToken(change?: Claims): Promise<string>;
  /** What Cloud Scheduler sends for the function, with these claims in their place. */
  oidcToken(functionName: string, change?: Claims): Promise<string>;
  /** The claims of a good ID token under a header and a signature of the test's own. */
  forge(header: Claims, sign: (signed: string) => Buffer | string, claims?: Claims): string;
  /** Signed with a key that Google never had, under the key id of Google's own. */
  signedElsewhere(keyId?: string): Promise<string>;
  /** The keys of Firebase Auth as everybody can fetch them: certificate and public key, as PEM, and the id. */
  publicKey(): Promise<{ keyId: string; certificatePem: string; publicKeyPem: string }>;
  close(): Promise<void>;
}

const CERTIFICATES = 'robot/v1/metadata/x509/securetoken@system.gserviceaccount.com';

/** Google's signatures with certificates of our own, and settings by which Sori's own check of tokens asks for them. */
export async function signedTokens(): Promise<SignedTokens> {
  const directory = await mkdtemp(join(tmpdir(), 'sori-tokens-'));
  const clock = new TestClock(Date.parse('2026-11-23T09:00:00Z'));
  const google = await startGoogle({ directory, clock });
  delete process.env['FIREBASE_AUTH_EMULATOR_HOST'];
  Object.assign(process.env, {
    GOOGLE_CLOUD_PROJECT: PROJECT,
    GOOGLE_CERTS_URL: google.certsUrl,
    SERVICE_URL,
    SCHEDULER_SERVICE_ACCOUNT: SCHEDULER,
    LOG_LEVEL: 'silent',
  });
  const idClaims = (change: Claims = {}) => withoutUndefined({ ...goodClaims(clock.now() / 1000), ...change });
  const forge: SignedTokens['forge'] = (header, sign, claims = idClaims()) => {
    const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${signed}.${Buffer.from(sign(signed)).toString('base64url')}`;
  };
  const publicKey = async () => {
    const answer = await fetch(`${google.certsUrl}/${CERTIFICATES}`);
    const [[keyId, certificatePem] = ['', '']] = Object.entries((await answer.json()) as Record<string, string>);
    return { keyId, certificatePem, publicKeyPem: createPublicKey(certificatePem).export({ type: 'spki', format: 'pem' }).toString() };
  };
  return {
    google,
    clock,
    idClaims,
    forge,
    publicKey,
    idToken: (change) => google.mintIdToken(idClaims(change)),
    async oidcToken(functionName, change) {
      const audience = `${SERVICE_URL}/${functionName}`;
      const claims = jwt.decode(await google.mintOidcToken({ audience, email: SCHEDULER }), { json: true });
      const state = await loadState(directory);
      return signerWith(state!.signing.oauth2)(withoutUndefined({ ...claims, ...change }));
    },
    async signedElsewhere(keyId) {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      return jwt.sign(idClaims(), privateKey, { algorithm: 'RS256', keyid: keyId ?? (await publicKey()).keyId });
    },
    async close() {
      await google.close();
      await rm(directory, { recursive: true });
    },
  };
}

export function hmac(secret: string): (signed: string) => Buffer {
  return (signed) => createHmac('sha256', secret).update(signed).digest();
}

function goodClaims(nowS: number): Claims {
  return {
    iss: `https://securetoken.google.com/${PROJECT}`,
    aud: PROJECT,
    sub: 'mina',
    user_id: 'mina',
    auth_time: nowS - 1800,
    iat: nowS - 60,
    exp: nowS + 3540,
    firebase: { identities: {}, sign_in_provider: 'password' },
  };
}

function withoutUndefined(claims: Claims): Claims {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}
