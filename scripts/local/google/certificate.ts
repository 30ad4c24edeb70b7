/**
 * A self-signed X.509 certificate around an RSA key, in DER by a minimal encoder of our own.
 *
 * Google publishes its signing keys as certificates, and clients read them with `crypto.createPublicKey` or `X509Certificate`.
 * Node reads certificates but makes none, and no package among our direct dependencies does. What is needed here is one
 * fixed structure of a few fields, so 60 lines are less than a dependency.
 *
 * @see RFC 5280, 4.1 (structure); ITU-T X.690 (encoding)
 */
import { createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto';

interface CertificateOptions {
  commonName: string;
  notBefore: Date;
  notAfter: Date;
}

/** @returns the certificate as PEM */
export function selfSignedCertificate(privateKey: KeyObject, { commonName, notBefore, notAfter }: CertificateOptions): string {
  const name = sequence(tagged(0x31, sequence(objectId(COMMON_NAME), tagged(0x0c, Buffer.from(commonName)))));
  const body = sequence(
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])), // serial number: positive
    RSA_WITH_SHA256,
    name,
    sequence(time(notBefore), time(notAfter)),
    name,
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
  );
  const certificate = sequence(body, RSA_WITH_SHA256, bitString(sign('sha256', body, privateKey)));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

/** A value with its tag and length in front. Lengths from 128 are written as the count of their own bytes, then these. */
function tagged(tag: number, ...content: Buffer[]): Buffer {
  const value = Buffer.concat(content);
  if (value.length < 0x80) return Buffer.concat([Buffer.from([tag, value.length]), value]);
  const length = Buffer.from(evenHex(value.length), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, value]);
}

function sequence(...items: Buffer[]): Buffer {
  return tagged(0x30, ...items);
}

function integer(bytes: Buffer): Buffer {
  return tagged(0x02, bytes);
}

function objectId(encoded: string): Buffer {
  return tagged(0x06, Buffer.from(encoded, 'hex'));
}

function bitString(bytes: Buffer): Buffer {
  return tagged(0x03, Buffer.from([0]), bytes); // the first byte counts unused bits at the end
}

/** UTCTime, which RFC 5280 demands up to 2049. */
function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/\.\d+Z$|\D/g, '');
  return tagged(0x17, Buffer.from(`${digits.slice(2)}Z`));
}

function evenHex(value: number): string {
  const hex = value.toString(16);
  return hex.length % 2 === 0 ? hex : `0${hex}`;
}

const COMMON_NAME = '550403'; // 2.5.4.3
const RSA_WITH_SHA256 = sequence(objectId('2a864886f70d01010b'), tagged(0x05)); // 1.2.840.113549.1.1.11, no parameters
