/** Kinds of music, each found by the words that people use for it. The first that fits is taken; the last fits everything. */
export const FEELS: readonly Feel[] = [
  {
    name: 'dance',
    words: /dance|edm|house|techno|club|party|disco|댄스|클럽|파티/iu,
    bpm: [118, 126],
    beats: 4,
    minor: 0.5,
    lead: 'pluck',
    swing: 0,
    kick: 'x...x...x...x...',
    snare: '....x.......x...',
    hat: '..x...x...x...x.',
    bass: '..x...x...x...x.',
    chords: 'block',
    chordSteps: 'x..x..x...x..x..',
  },
  {
    name: 'rock',
    words: /rock|metal|punk|band|guitar|록|락|밴드|기타/iu,
    bpm: [108, 128],
    beats: 4,
    minor: 0.4,
    lead: 'pluck',
    swing: 0,
    kick: 'x.....x.x.......',
    snare: '....x.......x..o',
    hat: 'x.o.x.o.x.o.x.o.',
    bass: 'x.x.x.x.x.x.x.x.',
    chords: 'block',
    chordSteps: 'x...x.x...x.x...',
  },
  {
    name: 'jazz',
    words: /jazz|swing|blues|bossa|soul|재즈|블루스|보사/iu,
    bpm: [96, 116],
    beats: 4,
    minor: 0.35,
    lead: 'flute',
    swing: 0.6,
    kick: 'o.......o.......',
    snare: '......o.......o.',
    hat: 'x...x.o.x...x.o.',
    bass: 'x...x...x...x...',
    chords: 'block',
    chordSteps: '..x...x.......x.',
  },
  {
    name: 'lofi',
    words: /lo-?fi|hip-?hop|rap|chill|r&b|study|힙합|로파이|랩|알앤비|카페/iu,
    bpm: [76, 88],
    beats: 4,
    minor: 0.6,
    lead: 'bell',
    swing: 0.35,
    kick: 'x......x..x.....',
    snare: '....x.......x...',
    hat: 'x.o.x.o.x.o.x.oo',
    bass: 'x......x..x.....',
    chords: 'block',
    chordSteps: 'x.........x.....',
  },
  {
    name: 'waltz',
    words: /waltz|lullaby|ballet|왈츠|자장가/iu,
    bpm: [88, 104],
    beats: 3,
    minor: 0.3,
    lead: 'bell',
    swing: 0,
    kick: 'o...........',
    snare: '............',
    hat: '....o...o...',
    bass: 'x...........',
    chords: 'block',
    chordSteps: '....x...x...',
  },
  {
    name: 'ambient',
    words: /ambient|meditat|sleep|space|drone|cinematic|명상|수면|우주|영화/iu,
    bpm: [60, 70],
    beats: 4,
    minor: 0.5,
    lead: 'soft',
    swing: 0,
    kick: '................',
    snare: '................',
    hat: '........o.......',
    bass: 'x...............',
    chords: 'broken',
    chordSteps: 'x...x...x...x...',
  },
  {
    name: 'ballad',
    words: /ballad|piano|sad|slow|calm|love|rain|tears|발라드|피아노|슬픈|잔잔|느린|이별|사랑|비/iu,
    bpm: [68, 80],
    beats: 4,
    minor: 0.45,
    lead: 'soft',
    swing: 0,
    kick: 'x.........x.....',
    snare: '........o.......',
    hat: 'o...o...o...o...',
    bass: 'x.......x.....x.',
    chords: 'broken',
    chordSteps: 'x.x.x.x.x.x.x.x.',
  },
  {
    name: 'folk',
    words: /folk|acoustic|country|indie|campfire|포크|어쿠스틱|인디|통기타/iu,
    bpm: [92, 108],
    beats: 4,
    minor: 0.25,
    lead: 'flute',
    swing: 0.1,
    kick: 'x.......x.......',
    snare: '....o.......o...',
    hat: '..o...o...o...o.',
    bass: 'x.......x.......',
    chords: 'broken',
    chordSteps: 'x.x.xxx.x.x.xxx.',
  },
  {
    name: 'pop',
    words: /./u,
    bpm: [96, 114],
    beats: 4,
    minor: 0.35,
    lead: 'bell',
    swing: 0,
    kick: 'x.....x.x.......',
    snare: '....x.......x...',
    hat: 'x.x.x.x.x.x.x.x.',
    bass: 'x..x..x.x..x..x.',
    chords: 'block',
    chordSteps: 'x.....x...x.....',
  },
];

/** How a kind of music moves. Patterns have four steps to a beat: `x` is played, `o` is played softly. */
export interface Feel {
  name: string;
  words: RegExp;
  bpm: readonly [number, number];
  beats: 3 | 4;
  minor: number;
  kick: string;
  snare: string;
  hat: string;
  bass: string;
  /** How the chords are played: all notes at the marked steps, or one note after the other at each. */
  chords: 'block' | 'broken';
  chordSteps: string;
  lead: 'bell' | 'flute' | 'pluck' | 'soft';
  /** Part of a step by which every second eighth comes late. */
  swing: number;
}
