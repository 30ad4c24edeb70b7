import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import type { KeyFault, KeyFaultCode, KeyRepair } from './keyFaults.ts';

/** A service account's key, ready for use. */
export interface ServiceKey {
  clientEmail: string;
  keyId: string;
  privateKey: KeyObject;
  /** Of the account, as far as the key tells. */
  projectId: string | undefined;
}

export type KeyDiagnosis =
  | { isSound: true; key: ServiceKey; repairs: KeyRepair[] }
  | { isSound: false; fault: KeyFault; repairs: KeyRepair[] };

/** Whose key it must be, where that is known. */
export interface ExpectedKey {
  clientEmail?: string;
  projectId?: string;
}

/**
 * Reads whatever was given as the JSON key of a service account, and names exactly what is wrong with it.
 *
 * What is only badly packed is unpacked and named too: quotes, base64, byte order marks, line breaks that were escaped, lost or
 * are those of Windows, PKCS#1. What only Google can tell (a deleted key, a disabled account) is not seen here.
 *
 * @returns nothing of the text but the key itself: a fault carries counts and names of fields
 */
export function diagnoseKey(text: string, expected: ExpectedKey = {}): KeyDiagnosis {
  const repairs = new Set<KeyRepair>();
  try {
    const file = readFields(readObject(text, repairs));
    const privateKey = checkKind(readPrivateKey(file.private_key, repairs));
    const key = { clientEmail: file.client_email, keyId: file.private_key_id, privateKey, projectId: projectOf(file) };
    checkOwner(key, expected);
    return { isSound: true, key, repairs: [...repairs] };
  } catch (error) {
    if (error instanceof Found) return { isSound: false, fault: error.fault, repairs: [...repairs] };
    throw error;
  }
}

/** Ends the reading where the fault was found. */
class Found extends Error {
  readonly fault: KeyFault;
  constructor(code: KeyFaultCode, facts?: KeyFault['facts']) {
    super(code);
    this.fault = facts ? { code, facts } : { code };
  }
}

type Repairs = Set<KeyRepair>;

// The file

/** Secret Manager takes 64 KiB at most, and a real key has 2,400 characters. */
const LONGEST_TEXT = 64 * 1024;
const INVISIBLE = /^[\s\0\u200b\u2060\ufeff\ufffd]+|[\s\0\u200b\u2060\ufeff\ufffd]+$/g;

function readObject(given: string, repairs: Repairs): Record<string, unknown> {
  const text = visible(given);
  if (text === '') throw new Found('missing');
  const object = text.length > LONGEST_TEXT ? undefined : unpack(text, repairs, 4);
  if (!object) throw faultOfText(text);
  if (/[\0\u200b\u2060\ufeff\ufffd]/.test(given)) repairs.add('byte_order_mark');
  return object;
}

/** A file in UTF-16 (PowerShell's `>`) has a NUL beside each letter when it is read as UTF-8. */
function visible(text: string): string {
  return text.replaceAll('\0', '').replace(INVISIBLE, '');
}

/** Takes one layer of packing off after the other, `layers` at most. */
function unpack(text: string, repairs: Repairs, layers: number): Record<string, unknown> | undefined {
  const value = attempt(() => JSON.parse(text) as unknown);
  if (typeof value === 'object' && value !== null) return { ...value };
  if (layers === 0) return undefined;
  const inside: [KeyRepair, string | undefined][] = [
    ['quotes', typeof value === 'string' ? value : unquoted(text)],
    ['base64', decoded(text)],
    ['quotes', /^(\{\s*(\\n)?\s*)?\\+"/.test(text) ? text.replaceAll('\\"', '"') : undefined],
    ['file_line_breaks', rebroken(text)],
  ];
  for (const [repair, inner] of inside) {
    if (inner === undefined || inner === text) continue;
    const object = unpack(visible(inner), repairs, layers - 1);
    if (object) repairs.add(repair);
    if (object) return object;
  }
  return undefined;
}

function unquoted(text: string): string | undefined {
  return /^(["'`])([\s\S]*)\1$/.exec(text)?.[2];
}

function decoded(text: string): string | undefined {
  const compact = text.replace(/\s+/g, '');
  if (!/^[\w+/-]{40,}=*$/.test(compact)) return undefined;
  const inner = Buffer.from(compact, 'base64').toString('utf8');
  return inner.includes('\ufffd') ? undefined : inner; // else bytes, not text
}

/** In strings a line break must be escaped, outside of them it must not: sets both right. */
function rebroken(text: string): string {
  let isInString = false;
  return text.replace(/\\[\s\S]|["\n\r]/g, (found) => {
    if (found === '"') isInString = !isInString;
    if (isInString) return { '\n': '\\n', '\r': '' }[found] ?? found;
    return { '\\n': '\n', '\\r': '\r', '\\t': '\t' }[found] ?? found;
  });
}

function faultOfText(text: string): Found {
  const label = LABEL.exec(text)?.[1];
  if (label !== undefined && !text.startsWith('{')) {
    checkLabel(label, text);
    return text.length < SHORT_KEY ? new Found('too_short', { characters: text.length }) : new Found('bare_private_key');
  }
  const isCut = text.startsWith('{') && !text.endsWith('}');
  return new Found(isCut ? 'file_truncated' : 'not_json', { characters: text.length });
}

const FIELDS = ['client_email', 'private_key_id', 'private_key'] as const;
const KeyFile = z.object({
  client_email: z.string().regex(/^[^\s@]+@[^\s@]+$/),
  private_key_id: z.string().min(1),
  private_key: z.string().min(1),
  project_id: z.string().optional().catch(undefined),
});
type KeyFile = z.output<typeof KeyFile>;

function readFields(object: Record<string, unknown>): KeyFile {
  const { type } = object;
  if (type === 'authorized_user') throw new Found('authorized_user');
  if (type === 'external_account' || type === 'external_account_authorized_user' || type === 'impersonated_service_account')
    throw new Found('external_account');
  if ('installed' in object || 'web' in object) throw new Found('oauth_client');
  const isOther = type === undefined ? !('private_key' in object) : type !== 'service_account';
  if (isOther) throw new Found('other_json');
  const file = KeyFile.safeParse(object);
  if (file.success && type !== undefined) return file.data;
  const faulty = new Set(file.error?.issues.map(({ path }) => path[0]));
  const fields = [...(type === undefined ? ['type'] : []), ...FIELDS.filter((field) => faulty.has(field))];
  throw new Found('field_missing', { fields: fields.join(', ') });
}

function projectOf({ project_id, client_email }: KeyFile): string | undefined {
  return project_id ?? /@(.+)\.iam\.gserviceaccount\.com$/.exec(client_email)?.[1];
}

function checkOwner(key: ServiceKey, { clientEmail, projectId }: ExpectedKey): void {
  if (clientEmail !== undefined && key.clientEmail !== clientEmail) throw new Found('other_account');
  if (projectId !== undefined && key.projectId !== projectId) throw new Found('other_project', { project: projectId });
}

// The private key

const LABEL = /-----BEGIN ([A-Z0-9 ]+)-----/;
/** Half of what the shortest key has that Google takes. With fewer characters, nobody asks where it was cut. */
const SHORT_KEY = 800;
const LEAST_BITS = 2048;

function readPrivateKey(given: string, repairs: Repairs): KeyObject {
  const pem = unpackPem(given, repairs);
  const [begin = '', label] = LABEL.exec(pem) ?? [];
  if (label !== undefined) checkLabel(label, pem);
  const body = pem.slice(pem.indexOf(begin) + begin.length).replace(/(-{2,}|\n-$)[\s\S]*$/, '');
  const base64 = body.replace(/\s+/g, '');
  const der = /^[\w+/-]*=*$/.test(base64) ? Buffer.from(base64, 'base64') : undefined;
  const key = der && parseDer(der);
  if (!key) throw faultOfBody(given.length, der);
  if (key.form === 'pkcs1') repairs.add('pkcs1');
  if (label !== LABEL_OF[key.form] || !/-----END [A-Z0-9 ]+-----/.test(pem)) repairs.add('armor');
  if (!/^\s*\n[\s\S]*\n\s*$/.test(body)) repairs.add('missing_line_breaks');
  else if (/[^\S\n]|\n\s*\n/.test(body)) repairs.add('blanks');
  return key.key;
}

function unpackPem(given: string, repairs: Repairs): string {
  let pem = given.trim();
  const take = (repair: KeyRepair, inner: string | undefined) => {
    if (inner === undefined || inner === pem) return;
    repairs.add(repair);
    pem = inner.trim();
  };
  take('quotes', unquoted(pem));
  if (!LABEL.test(pem)) take('base64', decoded(pem));
  take('escaped_line_breaks', pem.replace(/(\\+r)?\\+n/g, '\n'));
  take('carriage_returns', pem.replace(/\r\n?/g, '\n'));
  return pem;
}

/** @throws {Found} when the first line already says that this is no private key */
function checkLabel(label: string, pem: string): void {
  if (label.endsWith('PUBLIC KEY')) throw new Found('public_key');
  if (label.endsWith('CERTIFICATE')) throw new Found('certificate');
  if (label.startsWith('ENCRYPTED') || /^Proc-Type: 4,ENCRYPTED/m.test(pem)) throw new Found('encrypted');
  if (label === 'EC PRIVATE KEY') throw new Found('elliptic');
  if (label !== LABEL_OF.pkcs8 && label !== LABEL_OF.pkcs1) throw new Found('not_rsa');
}

const LABEL_OF = { pkcs8: 'PRIVATE KEY', pkcs1: 'RSA PRIVATE KEY' } as const;

/** By its content, whatever its first line says. */
function parseDer(der: Buffer): { key: KeyObject; form: keyof typeof LABEL_OF } | undefined {
  for (const form of ['pkcs8', 'pkcs1'] as const) {
    const key = attempt(() => createPrivateKey({ key: der, format: 'der', type: form }));
    if (key) return { key, form };
  }
  return undefined;
}

/** @param der - nothing when the body has characters that base64 has not */
function faultOfBody(characters: number, der: Buffer | undefined): Found {
  if (characters < SHORT_KEY) return new Found('too_short', { characters });
  // A DER sequence of this size begins with its own length, in two bytes.
  const [tag, form, high = 0xff, low = 0] = der ?? [];
  const isCut = tag === 0x30 && form === 0x82 && (der?.length ?? 0) < 4 + high * 256 + low;
  return isCut ? new Found('truncated', { characters }) : new Found('damaged');
}

function checkKind(key: KeyObject): KeyObject {
  if (/^(ec|ed|x)/.test(key.asymmetricKeyType ?? '')) throw new Found('elliptic');
  if (key.asymmetricKeyType !== 'rsa') throw new Found('not_rsa');
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < LEAST_BITS) throw new Found('small_modulus', { bits });
  // A changed character can leave a key that reads well, and signs what nobody can verify.
  const probe = Buffer.from('sori');
  const isWhole = attempt(() => verify('sha256', probe, createPublicKey(key), sign('sha256', probe, key)));
  if (!isWhole) throw new Found('damaged');
  return key;
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
