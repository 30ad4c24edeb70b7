/** A real key of a service account, and everything that can stand in its place. */
import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import type { KeyDiagnosis, KeyFault, KeyRepair } from '#shared/media';
import { selfSignedCertificate } from '../../../scripts/local/google/certificate.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const edwards = generateKeyPairSync('ed25519').privateKey;
const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey;

export const PEM = pem(privateKey, 'pkcs8');
const PKCS1 = pem(privateKey, 'pkcs1');
const ENCRYPTED = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString();
const ENCRYPTED_PKCS1 = privateKey.export({ type: 'pkcs1', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString();
const PUBLIC = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const CERTIFICATE = selfSignedCertificate(privateKey, { commonName: 'sori', notBefore: new Date(0), notAfter: new Date(1e12) });
const BODY = PEM.split('\n').slice(1, -2).join('');

export const KEY = {
  type: 'service_account',
  project_id: 'sori-test',
  private_key_id: '0123456789abcdef0123456789abcdef01234567',
  private_key: PEM,
  client_email: 'media@sori-test.iam.gserviceaccount.com',
  client_id: '103456789012345678901',
};

/** What is wrong with each of these, whole: a fault without repairs stands for itself. */
export const FAULTS: [name: string, text: string, fault: KeyFault][] = [
  ['nothing', '', { code: 'missing' }],
  ['blanks', ' \n\t', { code: 'missing' }],
  ['a note', 'paste the key here', { code: 'not_json', facts: { characters: 18 } }],
  ['69 characters of something', 'x'.repeat(69), { code: 'not_json', facts: { characters: 69 } }],
  ['the first half of the file', json({}).slice(0, 1000), { code: 'file_truncated', facts: { characters: 1000 } }],
  ['the private key alone', PEM, { code: 'bare_private_key' }],
  ['69 characters of a private key alone', PEM.slice(0, 69), { code: 'too_short', facts: { characters: 69 } }],
  ['a public key alone', PUBLIC, { code: 'public_key' }],
  ['a certificate alone', CERTIFICATE, { code: 'certificate' }],
  ['an encrypted key alone', ENCRYPTED, { code: 'encrypted' }],
  ['a list', JSON.stringify([KEY]), { code: 'other_json' }],
  ['a number', '69', { code: 'not_json', facts: { characters: 2 } }],
  ['settings of a web app', JSON.stringify({ apiKey: 'x', authDomain: 'sori.example' }), { code: 'other_json' }],
  ['a person', json({ type: 'authorized_user' }), { code: 'authorized_user' }],
  ['federated credentials', json({ type: 'external_account' }), { code: 'external_account' }],
  ['borrowed credentials', json({ type: 'impersonated_service_account' }), { code: 'external_account' }],
  ['an installed OAuth client', JSON.stringify({ installed: { client_id: 'x' } }), { code: 'oauth_client' }],
  ['an OAuth client of the web', JSON.stringify({ web: { client_id: 'x' } }), { code: 'oauth_client' }],
  ['a key of a future kind', json({ type: 'gdch_service_account' }), { code: 'other_json' }],
  ['a key without its kind', json({ type: undefined }), { code: 'field_missing', facts: { fields: 'type' } }],
  ['a key without its account', json({ client_email: undefined }), { code: 'field_missing', facts: { fields: 'client_email' } }],
  ['a key with a name for its account', json({ client_email: 'media' }), { code: 'field_missing', facts: { fields: 'client_email' } }],
  ['a key without its id', json({ private_key_id: undefined }), { code: 'field_missing', facts: { fields: 'private_key_id' } }],
  ['an empty private key', json({ private_key: '' }), { code: 'field_missing', facts: { fields: 'private_key' } }],
  [
    'a key that lacks everything',
    JSON.stringify({ type: 'service_account' }),
    { code: 'field_missing', facts: { fields: 'client_email, private_key_id, private_key' } },
  ],
  ['a private key of 69 characters', json({ private_key: PEM.slice(0, 69) }), { code: 'too_short', facts: { characters: 69 } }],
  ['one of 69 with its last line', json({ private_key: shortPem(69) }), { code: 'too_short', facts: { characters: 69 } }],
  ['a placeholder', json({ private_key: '<your private key>' }), { code: 'too_short', facts: { characters: 18 } }],
  ['a private key without its end', json({ private_key: PEM.slice(0, 1200) }), { code: 'truncated', facts: { characters: 1200 } }],
  ['a private key without a line', json({ private_key: withoutLine(9) }), { code: 'truncated', facts: { characters: PEM.length - 65 } }],
  ['a private key with a part struck out', json({ private_key: struckOut() }), { code: 'damaged' }],
  ['a private key with two lines exchanged', json({ private_key: exchanged(2, 3) }), { code: 'damaged' }],
  ['an encrypted private key', json({ private_key: ENCRYPTED }), { code: 'encrypted' }],
  ['an encrypted private key of the old form', json({ private_key: ENCRYPTED_PKCS1 }), { code: 'encrypted' }],
  ['an elliptic key', json({ private_key: pem(elliptic, 'pkcs8') }), { code: 'elliptic' }],
  ['an elliptic key of the old form', json({ private_key: pem(elliptic, 'sec1') }), { code: 'elliptic' }],
  ['an Edwards key', json({ private_key: pem(edwards, 'pkcs8') }), { code: 'elliptic' }],
  ['an RSA key for another use', json({ private_key: pem(pss, 'pkcs8') }), { code: 'not_rsa' }],
  ['a key of ssh', json({ private_key: PEM.replaceAll('PRIVATE', 'OPENSSH PRIVATE') }), { code: 'not_rsa' }],
  ['a key of 1,024 bits', json({ private_key: pem(small, 'pkcs8') }), { code: 'small_modulus', facts: { bits: 1024 } }],
  ['a public key', json({ private_key: PUBLIC }), { code: 'public_key' }],
  ['a certificate', json({ private_key: CERTIFICATE }), { code: 'certificate' }],
];

/** What works all the same, and what was repaired. */
export const REPAIRED: [name: string, text: string, repairs: KeyRepair[]][] = [
  ['the file as Google gives it', JSON.stringify(KEY, null, 2), []],
  ['the file in one line, with line ends around', `\r\n${JSON.stringify(KEY)}\r\n`, []],
  ['a byte order mark before it', `\ufeff${json({})}`, ['byte_order_mark']],
  ['the file in UTF-16', Buffer.from(`\ufeff${json({})}`, 'utf16le').toString('utf8'), ['byte_order_mark']],
  ['the file in single quotes', `'${json({})}'`, ['quotes']],
  ['the file in double quotes', `"${json({})}"`, ['quotes']],
  ['the file as a string of JSON', JSON.stringify(json({})), ['quotes']],
  ['the file with escaped quotes', json({}).replaceAll('"', '\\"'), ['quotes']],
  ['base64 of the file', Buffer.from(json({})).toString('base64'), ['base64']],
  ['base64 in lines, for URLs', inLines(Buffer.from(json({})).toString('base64url')), ['base64']],
  ['base64 of the file in quotes', `"${Buffer.from(json({})).toString('base64')}"`, ['base64', 'quotes']],
  ['true line breaks inside the JSON’s strings', json({}).replaceAll('\\n', '\n'), ['file_line_breaks']],
  ['escaped line breaks between the fields', JSON.stringify(KEY, null, 2).replaceAll('\n', '\\n'), ['file_line_breaks']],
  ['a private key with \\n', json({ private_key: PEM.replaceAll('\n', '\\n') }), ['escaped_line_breaks']],
  ['a private key with \\r\\n', json({ private_key: PEM.replaceAll('\n', '\\r\\n') }), ['escaped_line_breaks']],
  ['a private key with \\\\n', json({ private_key: PEM.replaceAll('\n', '\\\\n') }), ['escaped_line_breaks']],
  ['a private key with CRLF', json({ private_key: PEM.replaceAll('\n', '\r\n') }), ['carriage_returns']],
  ['a private key in quotes', json({ private_key: `"${PEM}"` }), ['quotes']],
  ['a private key in quotes with \\n', json({ private_key: `"${PEM.replaceAll('\n', '\\n')}"` }), ['escaped_line_breaks', 'quotes']],
  ['a private key with blanks around its lines', json({ private_key: PEM.replaceAll('\n', ' \n  ') }), ['blanks']],
  ['a private key with empty lines', json({ private_key: PEM.replaceAll('\n', '\n\n') }), ['blanks']],
  ['a private key without line breaks', json({ private_key: PEM.replaceAll('\n', '') }), ['missing_line_breaks']],
  ['a private key with blanks for line breaks', json({ private_key: PEM.replaceAll('\n', ' ') }), ['missing_line_breaks']],
  ['base64 of the private key’s lines', json({ private_key: Buffer.from(PEM).toString('base64') }), ['base64']],
  ['a private key without first and last line', json({ private_key: inLines(BODY) }), ['armor', 'missing_line_breaks']],
  ['a private key without its last line', json({ private_key: PEM.slice(0, PEM.indexOf('-----END')) }), ['armor', 'missing_line_breaks']],
  ['a private key with the lines of PKCS#1', json({ private_key: PEM.replaceAll('PRIVATE', 'RSA PRIVATE') }), ['armor']],
  ['a private key in PKCS#1', json({ private_key: PKCS1 }), ['pkcs1']],
  ['PKCS#1 with the lines of PKCS#8', json({ private_key: PKCS1.replaceAll('RSA ', '') }), ['armor', 'pkcs1']],
];

/** What a diagnosis says, for comparing: all but the key. */
export function saidOf(diagnosis: KeyDiagnosis): { fault: KeyFault | undefined; repairs: KeyRepair[] } {
  return { fault: diagnosis.isSound ? undefined : diagnosis.fault, repairs: diagnosis.repairs.toSorted() };
}

export function isTheKey(diagnosis: KeyDiagnosis): boolean {
  return diagnosis.isSound && diagnosis.key.privateKey.equals(privateKey);
}

/** What it signs is taken for the key's own signature. */
export function signsLikeTheKey(diagnosis: KeyDiagnosis): boolean {
  const text = Buffer.from('sori');
  return diagnosis.isSound && verify('sha256', text, publicKey, sign('sha256', text, diagnosis.key.privateKey));
}

function json(change: Partial<Record<keyof typeof KEY, string | undefined>>): string {
  return JSON.stringify({ ...KEY, ...change });
}

function pem(key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1'): string {
  return key.export({ type, format: 'pem' } as { type: 'pkcs8'; format: 'pem' }).toString();
}

function shortPem(characters: number): string {
  const [begin, end] = ['-----BEGIN PRIVATE KEY-----\n', '\n-----END PRIVATE KEY-----'];
  return begin + BODY.slice(0, characters - begin.length - end.length) + end;
}

function withoutLine(index: number): string {
  return PEM.split('\n').toSpliced(index, 1).join('\n');
}

function exchanged(one: number, other: number): string {
  const lines = PEM.split('\n');
  return lines.with(one, lines[other]!).with(other, lines[one]!).join('\n');
}

function struckOut(): string {
  return PEM.slice(0, 900) + '*'.repeat(100) + PEM.slice(1000);
}

function inLines(text: string): string {
  return text.replace(/.{64}/g, '$&\n');
}
