/** What must not be told, made so that it can be found again in any form. */
import { createHash, randomBytes } from 'node:crypto';

/** `secrets`: passwords, keys, tokens, addresses that are secrets. */
export interface Marks {
  secrets: string[];
  emails: string[];
  /** Prompts and lyrics: what people had in mind. */
  prompts: string[];
}

export const newMarks = (): Marks => ({ secrets: [], emails: [], prompts: [] });

/** A word that stands nowhere else. */
export const word = (): string => `q${randomBytes(9).toString('hex')}`;

/** @returns the marks that stand in the text, as they are or as Base64, hexadecimal, escaped for a URL, or hashed without a key */
export function findMarks(text: string, marks: string[]): string[] {
  const plain = text.toLowerCase();
  return marks.filter((mark) => formsOf(mark).some(({ form, isExact }) => (isExact ? text.includes(form) : plain.includes(form))));
}

interface Form {
  form: string;
  isExact: boolean;
}

function formsOf(mark: string): Form[] {
  const bytes = Buffer.from(mark);
  const lower = [mark, JSON.stringify(mark).slice(1, -1), encodeURIComponent(mark), bytes.toString('hex')];
  // Where it stands in what was encoded decides the characters: three ways, without those at the ends that neighbours share.
  const base64 = [0, 1, 2].flatMap((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    const inner = encoded.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const hashes = [mark, addressOf(mark)].flatMap((each) => HASHES.map((hash) => createHash(hash).update(each).digest('hex').slice(0, 16)));
  return [
    ...[...lower, ...hashes].map((form) => ({ form: form.toLowerCase(), isExact: false })),
    ...base64.map((form) => ({ form, isExact: true })),
  ];
}

/** All addresses there are can be tried against one of these. */
const HASHES = ['md5', 'sha1', 'sha256'];

/** Of a person whose mark it is. */
export const addressOf = (mark: string): string => `${mark}@sori.example`;
