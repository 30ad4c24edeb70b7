/** Google's own signatures: tokens that others check against the certificates it publishes. */
import { createPrivateKey, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import jwt from 'jsonwebtoken';
import { selfSignedCertificate } from './certificate.ts';
import type { SigningKey } from './state.ts';

const TEN_YEARS_MS = 10 * 365 * 24 * 3600 * 1000;
const ONE_DAY_MS = 24 * 3600 * 1000;

/** A new key and its certificate. Google changes its keys every few weeks; this one stays, as nothing local lasts that long. */
export async function createSigningKey(commonName: string, nowMs: number): Promise<SigningKey> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const certificatePem = selfSignedCertificate(privateKey, {
    commonName,
    notBefore: new Date(nowMs - ONE_DAY_MS),
    notAfter: new Date(nowMs + TEN_YEARS_MS),
  });
  return {
    keyId: randomBytes(20).toString('hex'),
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificatePem,
  };
}

/** @returns a function that signs claims exactly as given: nothing is added, so that a test can leave out what it likes */
export function signerWith(key: SigningKey): (claims: Record<string, unknown>) => string {
  const privateKey: KeyObject = createPrivateKey(key.privateKeyPem);
  const options: jwt.SignOptions = { algorithm: 'RS256', keyid: key.keyId, header: { alg: 'RS256', typ: 'JWT' } };
  return (claims) => jwt.sign(JSON.stringify(claims), privateKey, options); // of an object, the library changes `iat`
}
