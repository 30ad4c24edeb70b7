import { type Chance, chanceFrom } from './chance.ts';
import { FEELS, type Feel } from './feels.ts';

/** What a song is made from. The same values give the same song, byte for byte. */
export interface SongRequest {
  /** Genre, mood and instruments in free words, English or Korean. */
  style: string;
  title: string;
  /** One line is one phrase of the melody. Lines in square brackets are section tags. */
  lyrics: string;
  /** Tells songs apart that are equal in everything else, like the two of a pair. */
  seed: string;
  /** Length of the file; by default 20 to 40 s, longer with more lyrics. */
  seconds?: number;
}

/** The decisions behind a song, made without any sound library, so that its length is known at once. */
export interface SongPlan {
  feel: Feel;
  tonic: string;
  mode: 'major' | 'minor';
  /** Roman numerals, one chord a bar. */
  verse: readonly string[];
  chorus: readonly string[];
  bars: number;
  barS: number;
  /** Time left after the last bar, in which the closing chord dies away. */
  tailS: number;
  /** Notes sung in each phrase of two bars. */
  syllables: readonly number[];
  /** MP3 frames of the finished file; its length follows from them exactly. */
  frames: number;
}

export const SAMPLE_RATE = 44_100;
export const SAMPLES_PER_FRAME = 1152; // MPEG-1 Layer III

const VERSES = {
  major: [
    ['I', 'V', 'VIm', 'IV'],
    ['I', 'VIm', 'IV', 'V'],
    ['I', 'IIIm', 'IV', 'V'],
    ['I', 'IV', 'VIm', 'V'],
  ],
  minor: [
    ['Im', 'bVI', 'bIII', 'bVII'],
    ['Im', 'IVm', 'bVII', 'bIII'],
    ['Im', 'bVII', 'bVI', 'bVII'],
    ['Im', 'bVI', 'IVm', 'Vm'],
  ],
} as const;
const CHORUSES = {
  major: [
    ['IV', 'V', 'IIIm', 'VIm'],
    ['VIm', 'IV', 'I', 'V'],
    ['IV', 'I', 'V', 'VIm'],
  ],
  minor: [
    ['bVI', 'bVII', 'Im', 'Im'],
    ['bIII', 'bVII', 'Im', 'bVI'],
    ['bVI', 'bIII', 'bVII', 'Im'],
  ],
} as const;
const TONICS = ['C', 'D', 'Eb', 'F', 'G', 'A', 'Bb'] as const;

const MINOR_WORDS = /minor|sad|dark|melanchol|lonely|tears|moody|단조|슬픈|어두운|우울|외로|이별/iu;
const MAJOR_WORDS = /major|happy|bright|joy|sunny|cheer|장조|밝은|행복|기쁜|신나|희망/iu;
const FAST_WORDS = /fast|upbeat|energetic|빠른|신나|경쾌/iu;
const SLOW_WORDS = /slow|calm|gentle|relax|느린|잔잔|차분/iu;

/** Decides key, chords, rhythm, tempo and length from the words of a request. */
export function planSong(request: SongRequest): SongPlan {
  const chance = chanceFrom(request.seed, request.style, request.title, request.lyrics);
  const feel = FEELS.find(({ words }) => words.test(request.style)) ?? FEELS.at(-1)!;
  const mode = chooseMode(request.style, feel, chance);
  const syllables = linesOf(request.lyrics).map(countSyllables);
  const seconds = Math.max(1, request.seconds ?? Math.min(40, 20 + chance.next() * 4 + syllables.length * 1.1));
  const frames = Math.max(2, Math.round((seconds * SAMPLE_RATE) / SAMPLES_PER_FRAME));
  const tailS = Math.min(3, Math.max(0.4, seconds * 0.12));
  const musicS = Math.max(0.5, seconds - tailS);
  const bars = Math.max(1, Math.round(musicS / ((feel.beats * 60) / chooseTempo(request.style, feel, chance))));
  return {
    feel,
    tonic: chance.pick(TONICS),
    mode,
    verse: chance.pick<readonly string[]>(VERSES[mode]),
    chorus: chance.pick<readonly string[]>(CHORUSES[mode]),
    bars,
    barS: musicS / bars, // the tempo gives way a little so that whole bars fill the length
    tailS,
    syllables,
    frames,
  };
}

/** Playing time of the file that this plan becomes, in milliseconds. */
export function durationMsOf(plan: Pick<SongPlan, 'frames'>): number {
  return Math.round((plan.frames * SAMPLES_PER_FRAME * 1000) / SAMPLE_RATE);
}

/** Lines that are sung: without blank lines and section tags. */
function linesOf(lyrics: string): string[] {
  const lines = lyrics.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '' && !/^\[.*\]$/u.test(line)).slice(0, 60);
}

/** A Hangul block is one syllable; elsewhere a group of vowels counts as one. */
function countSyllables(line: string): number {
  const hangul = line.match(/[가-힣]/gu)?.length ?? 0;
  const vowels = line.match(/[aeiouy]+/giu)?.length ?? 0;
  return Math.min(12, Math.max(3, hangul + vowels));
}

function chooseMode(style: string, feel: Feel, chance: Chance): 'major' | 'minor' {
  const minorByChance = chance.likely(feel.minor);
  if (MINOR_WORDS.test(style)) return 'minor';
  if (MAJOR_WORDS.test(style)) return 'major';
  return minorByChance ? 'minor' : 'major';
}

function chooseTempo(style: string, feel: Feel, chance: Chance): number {
  const bpm = chance.whole(feel.bpm[0], feel.bpm[1]);
  if (FAST_WORDS.test(style)) return bpm * 1.1;
  return SLOW_WORDS.test(style) ? bpm * 0.9 : bpm;
}
