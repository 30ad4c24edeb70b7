import { randomBytes } from 'node:crypto';

/** What the id names; it stands before the underscore, so that an id in a log says what it is. */
export type IdPrefix = 'sng' | 'gen' | 'img' | 'pls' | 'fil' | 'req' | 'tkt' | 'ins' | 'inc' | 'bak' | 'tmb' | 'clm' | 'aud';

/** Makes a new id: `sng_` and 20 characters of lower-case base 32, 100 bits of chance. */
export type NewId = (prefix: IdPrefix) => string;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'; // Crockford's base 32, without i l o u
const LENGTH = 20;

export const newId: NewId = (prefix) => {
  const characters = Array.from(randomBytes(LENGTH), (byte) => ALPHABET.charAt(byte % ALPHABET.length));
  return `${prefix}_${characters.join('')}`;
};

/** Matches every id that `newId` makes with this prefix, and nothing else. */
export function idPattern(prefix: IdPrefix): RegExp {
  return new RegExp(`^${prefix}_[${ALPHABET}]{${LENGTH}}$`);
}
