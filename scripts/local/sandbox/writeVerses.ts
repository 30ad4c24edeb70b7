import { type Chance, chanceFrom } from './chance.ts';

export interface Verses {
  title: string;
  /** Lines with `[Verse]` and `[Chorus]` tags. */
  text: string;
}

interface Phrasebook {
  verse: readonly string[];
  chorus: readonly string[];
}

/** `{}` is where a word of the prompt goes. Korean lines use it as a name, so that no particle depends on it. */
const ENGLISH: Phrasebook = {
  verse: [
    'I wrote {} on the window in the rain',
    'Street lamps hum along the river lane',
    'We kept {} folded in a paper plane',
    'Every quiet hour calls your name again',
    'The last bus leaves and I begin to dream',
    'Of {} drifting slowly down the stream',
    'A small light burns in every attic room',
    'And carries {} gently through the gloom',
  ],
  chorus: [
    'Sing it out, {}, sing it slow',
    'Wherever you wander, I will follow',
    'Hold on, {}, the morning is near',
    'All that we wanted is already here',
    'Oh {}, stay a little more',
    'The tide brings our song to the shore',
  ],
};

const KOREAN: Phrasebook = {
  verse: [
    '창가에 적어 둔 그 말, {}',
    '가로등 아래 천천히 걸어가',
    '접어 둔 종이배에 {} 싣고서',
    '조용한 밤마다 네가 떠올라',
    '마지막 버스가 지나간 거리',
    '어디선가 들려오는 {} 노래',
    '작은 불빛 하나 내 방에 남아',
    '긴 하루를 가만히 비추네',
  ],
  chorus: [
    '노래해 {}, 천천히 노래해',
    '네가 가는 길 나도 따라갈게',
    '조금만 더, {}, 아침이 와',
    '우리가 바란 건 바로 여기에',
    '오 {}, 조금 더 머물러 줘',
    '파도가 우리 노래를 데려와',
  ],
};

const DULL_WORDS = new Set('a an the of in on at to and or for with about song music make write me my your is are'.split(' '));

/** Writes lyrics around the words of a prompt, in Korean when the prompt has Hangul. The same prompt gives the same lyrics. */
export function writeVerses(prompt: string): Verses {
  const chance = chanceFrom('verses', prompt);
  const isKorean = /[가-힣]/u.test(prompt);
  const book = isKorean ? KOREAN : ENGLISH;
  const words = wordsOf(prompt, isKorean);
  const chorus = draw(book.chorus, 4, words, chance);
  const text = [
    ['[Verse]', ...draw(book.verse, 4, words, chance)],
    ['[Chorus]', ...chorus],
    ['[Verse]', ...draw(book.verse, 4, words, chance)],
    ['[Chorus]', ...chorus],
  ];
  return { title: titleOf(words), text: text.map((part) => part.join('\n')).join('\n\n') };
}

function wordsOf(prompt: string, isKorean: boolean): string[] {
  const found = prompt.normalize('NFC').match(/[\p{L}\p{N}]+/gu) ?? [];
  const telling = isKorean
    ? koreanNames(found)
    : found.filter((word) => word.length > 1 && word.length <= 24 && !DULL_WORDS.has(word.toLowerCase()));
  if (telling.length === 0) return [isKorean ? '우리' : 'tomorrow'];
  return telling.slice(0, 8);
}

/** Names without their particles; words that describe (ending in -는, -은, -한) would not stand alone and are left out. */
function koreanNames(found: readonly string[]): string[] {
  const names = found.filter((word) => word.length <= 12 && !/.[는은한운]$/u.test(word));
  return names.map((word) => word.replace(/(?<=.)(에서|으로|의|을|를|이|가|에|와|과|도)$/u, ''));
}

function draw(lines: readonly string[], count: number, words: readonly string[], chance: Chance): string[] {
  const start = chance.whole(0, lines.length - 1);
  return Array.from({ length: count }, (_, index) => lines[(start + index) % lines.length]!.replace('{}', chance.pick(words)));
}

function titleOf(words: readonly string[]): string {
  const title = words.slice(0, 3).join(' ');
  return title.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase());
}
