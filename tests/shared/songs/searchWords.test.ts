import { describe, expect, it } from '@jest/globals';
import { isFoundBy, rarestOf, tokenFor, tokensOf, wordsOf } from '../../../shared/songs/searchWords.ts';

const song = (title: string, ownerName = 'Mina', style = 'folk') => ({ title, ownerName, style });

/** Both looks have to agree: the index, which is coarse, and the song itself. */
function finds(query: string, found: ReturnType<typeof song>): boolean {
  const words = wordsOf(query);
  const tokens = tokensOf(found);
  const isFound = isFoundBy(found, words);
  if (isFound) expect(words.map(tokenFor).filter((token) => !tokens.includes(token))).toEqual([]);
  return isFound;
}

describe('A song is found', () => {
  it.each([
    ['by the beginning of a word of its title', 'bo', 'Paper boats'],
    ['by several, in any order', 'boats pap', 'Paper boats'],
    ['whatever the case', 'pAPER', 'Paper boats'],
    ['whatever the width', 'ｐａｐｅｒ', 'Paper boats'],
    ['whatever the width of the title', 'paper', 'Ｐａｐｅｒ ｂｏａｔｓ'],
    ['without its accents', 'cafe de nimes', 'Café de Nîmes'],
    ['with its apostrophe', "don't", 'Dont Wait'],
    ['without its apostrophe', 'dont', 'Don’t Wait'],
    ['by ss for ß, and the other way round', 'STRASSE', 'Die straße'],
    ['by either sigma', 'οδοσ', 'ΟΔΟΣ'],
    ['by syllables', '소리', '소리를 찾아서'],
    ['by the initial consonants', 'ㅅㄹ', '소리'],
    ['by the initials of several words', 'ㅂ ㅅㅇ', '비 오는 서울의 밤'],
    ['by initials that a keyboard ran together', 'ㄳ', '가수의 꿈'],
    ['by initials of half width', 'ﾡ', '가수의 꿈'],
    ['by double initials', 'ㄲ', '꽃길'],
    ['by syllables and initials mixed', '소ㄹ', '소리'],
    ['by letters of which a decomposed title is made', '소리', '소리'.normalize('NFD')],
    ['by laughter', 'ㅋㅋ', 'ㅋㅋㅋ'],
    ['by a word that is longer than any token', 'antidisestablishment', 'Antidisestablishmentarianism'],
    ['by kana of either width', 'ｶﾞﾝ', 'ガンバレ'],
    ['by signs that letters are written with', 'กำ', 'กำลังใจ'],
    ['by numbers', '1989', 'Seoul, 1989'],
  ])('%s', (_how, query, title) => {
    expect(finds(query, song(title))).toBe(true);
  });

  it('by its style and by the name of its owner as well', () => {
    const found = song('소리', '김미나', 'dream pop, 몽환적인');
    expect(['ㄱㅁㄴ', '김미', 'dre ㅁㅎ', '소 김 pop'].map((query) => finds(query, found))).toEqual([true, true, true, true]);
  });
});

it.each([
  ['by the end of a word', 'oats', 'Paper boats'],
  ['when one word is not in it', 'paper ships', 'Paper boats'],
  ['by other initials', 'ㅅㅁ', '소리'],
  ['by initials in another order', 'ㄹㅅ', '소리'],
  ['by another syllable with the same initial', '서리', '소리'],
  ['by what only begins as a long word does', 'antidisestablishmentally', 'Antidisestablishmentarianism'],
])('It is not found %s', (_how, query, title) => {
  expect(finds(query, song(title))).toBe(false);
});

it('Signs alone are no words', () => {
  expect(wordsOf(' !? 🚣 …')).toEqual([]);
  expect(rarestOf([])).toBeUndefined();
});

it('The index is asked for the word that says most', () => {
  expect(rarestOf(wordsOf('a boat').map(tokenFor))).toBe('BOAT');
  expect(rarestOf(wordsOf('빗소리 the').map(tokenFor))).toBe('빗소리');
  expect(rarestOf(wordsOf('ㅅㄹ 소리').map(tokenFor))).toBe('소리');
});

it('A song has 500 tokens at most, and its title among them however long its style', () => {
  const style = Array.from({ length: 200 }, (_, at) => `${at}음악적인`).join(' ');
  const tokens = tokensOf(song('Paper boats', 'Mina', style));
  expect(tokens).toHaveLength(500);
  expect(tokens).toEqual(expect.arrayContaining(['PAPER', 'BOATS', 'MINA']));
});
