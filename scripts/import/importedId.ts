import { createHash } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'; // that of all our ids
const LENGTH = 20;

/** The id here of a thing of a former system: always the same, in the form of ids that are made here. */
export function importedId(prefix: 'usr' | 'sng' | 'img', source: string, formerId: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([prefix, source, formerId]))
    .digest();
  const characters = Array.from(digest.subarray(0, LENGTH), (byte) => ALPHABET.charAt(byte % ALPHABET.length));
  return `${prefix}_${characters.join('')}`;
}
