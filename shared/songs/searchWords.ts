/** Texts as they are searched: docs/decisions/0026. Nothing here reads or writes. */
import type { Song } from './schema.ts';

type Searched = Pick<Song, 'title' | 'style' | 'ownerName'>;

/** Two consonants that keyboards run into one sign, though the person typed the initials of two syllables. */
const CLUSTERS: Record<string, string> = {
  ...{ ㄳ: 'ㄱㅅ', ㄵ: 'ㄴㅈ', ㄶ: 'ㄴㅎ', ㄺ: 'ㄹㄱ', ㄻ: 'ㄹㅁ', ㄼ: 'ㄹㅂ' },
  ...{ ㄽ: 'ㄹㅅ', ㄾ: 'ㄹㅌ', ㄿ: 'ㄹㅍ', ㅀ: 'ㄹㅎ', ㅄ: 'ㅂㅅ' },
};
/** Latin accents, and what stands for an apostrophe: "cafe" is "café", "dont" is "don't". */
const IGNORED = /[\u0300-\u036f'’ʼ]/g;
const BETWEEN_WORDS = /[^\p{L}\p{N}\p{M}]+/u;

/** The words of a text, in the form in which they are compared: width and case do not matter. Korean initials are U+1100 to U+1112. */
export function wordsOf(text: string): string[] {
  const parted = text.replace(/[ㄳㄵㄶㄺ-ㅀㅄ]/g, (cluster) => CLUSTERS[cluster] ?? cluster);
  // Upper case, not lower: it makes one of "ß" and "ss", of "σ" and "ς". It is decomposed again, for it can bring accents of its own.
  const folded = parted.normalize('NFKD').toUpperCase().normalize('NFKD').replace(IGNORED, '').normalize('NFC');
  return folded.split(BETWEEN_WORDS).filter(Boolean);
}

/** In code points. What is longer is found by its beginning, and the rest is compared with the song itself. */
const LONGEST_TOKEN = 12;
/** Of one song. Title and owner come first, so what is cut is the end of a very long style. */
const MOST_TOKENS = 500;

/** All beginnings of all words, and of the initials of Korean ones. */
export function tokensOf({ title, ownerName, style }: Searched): string[] {
  const tokens = new Set<string>();
  for (const word of [title, ownerName, style].flatMap(wordsOf)) {
    for (const token of [...beginnings(word), ...beginnings(initialsOf(word))]) {
      if (tokens.size === MOST_TOKENS) return [...tokens];
      tokens.add(token);
    }
  }
  return [...tokens];
}

function beginnings(word: string): string[] {
  const letters = [...word].slice(0, LONGEST_TOKEN);
  return letters.map((_, at) => letters.slice(0, at + 1).join(''));
}

/** What a song's tokens have when the word finds it. Where one initial is asked for, the index is asked for initials only. */
export function tokenFor(word: string): string {
  return [...(hasInitial(word) ? initialsOf(word) : word)].slice(0, LONGEST_TOKEN).join('');
}

/** The one that the fewest songs have, by guess: the longest, where a syllable or an ideograph says more than a letter or an initial. */
export function rarestOf(tokens: string[]): string | undefined {
  return tokens.toSorted((one, other) => weightOf(other) - weightOf(one))[0];
}

function weightOf(token: string): number {
  return [...token].reduce((sum, letter) => sum + (letter >= '\u3000' ? 3 : 1), 0);
}

/** Whether each word begins some word of the song. The order of the words does not matter. */
export function isFoundBy(song: Searched, words: string[]): boolean {
  const own = [song.title, song.ownerName, song.style].flatMap(wordsOf);
  return words.every((word) => own.some((each) => beginsWith([...each], [...word])));
}

function beginsWith(letters: string[], wanted: string[]): boolean {
  return wanted.every((letter, at) => letters[at] === letter || (hasInitial(letter) && initialOf(letters[at] ?? '') === letter));
}

function hasInitial(word: string): boolean {
  return /[\u1100-\u1112]/.test(word);
}

function initialsOf(word: string): string {
  return [...word].map(initialOf).join('');
}

const FIRST_SYLLABLE = 0xac00;
const LAST_SYLLABLE = 0xd7a3;
const SYLLABLES_PER_INITIAL = 588;

/** Of a Korean syllable its first consonant; everything else stays. @see The Unicode Standard, 3.12 (conjoining jamo behavior) */
function initialOf(letter: string): string {
  const code = letter.codePointAt(0) ?? 0;
  if (code < FIRST_SYLLABLE || code > LAST_SYLLABLE) return letter;
  return String.fromCodePoint(0x1100 + Math.floor((code - FIRST_SYLLABLE) / SYLLABLES_PER_INITIAL));
}
