/**
 * Seals what only a holder of `BACKUP_SECRET` may read: AES-256-GCM, with a key of its own for each object.
 *
 *     version 1 (1 byte) · salt (16) · nonce (12) · tag (16) · ciphertext
 *
 * The key is derived by HKDF-SHA256 from the secret, the salt and the object's name, so a sealed object cannot be passed off as another.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const VERSION = 1;
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + SALT_BYTES + NONCE_BYTES + TAG_BYTES;

/** @param name - of the object that it becomes */
export function seal(plain: Buffer, name: string, secret: string): Buffer {
  const salt = randomBytes(SALT_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', keyOf(secret, salt, name), nonce);
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([Buffer.from([VERSION]), salt, nonce, cipher.getAuthTag(), sealed]);
}

/** @throws when it was sealed with another secret, under another name, or has been changed */
export function unseal(sealed: Buffer, name: string, secret: string): Buffer {
  if (sealed[0] !== VERSION || sealed.length < HEAD_BYTES) throw new Error('not sealed by this service');
  const part = (from: number, bytes: number) => sealed.subarray(from, from + bytes);
  const salt = part(1, SALT_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', keyOf(secret, salt, name), part(1 + SALT_BYTES, NONCE_BYTES));
  decipher.setAuthTag(part(1 + SALT_BYTES + NONCE_BYTES, TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES)), decipher.final()]);
}

function keyOf(secret: string, salt: Buffer, name: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, `sori backup: ${name}`, 32));
}
