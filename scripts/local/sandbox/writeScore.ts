import { Chord, Note, Progression, Scale } from 'tonal';
import { type Chance, chanceFrom } from './chance.ts';
import type { SongPlan } from './planSong.ts';

export type Part = 'pad' | 'chords' | 'bass' | 'lead' | 'kick' | 'snare' | 'hat';

/** One sound of the piece. Drums have no pitch. */
export interface ScoreNote {
  part: Part;
  atS: number;
  lengthS: number;
  /** Frequency in hertz; 0 for drums. */
  pitchHz: number;
  /** Loudness from 0 to 1. */
  level: number;
}

interface Bar {
  startS: number;
  /** Chord tones as pitch classes, the root first. */
  chroma: readonly number[];
  isChorus: boolean;
  isFirst: boolean;
  isLast: boolean;
}

interface Writer {
  plan: SongPlan;
  chance: Chance;
  stepS: number;
  notes: ScoreNote[];
}

/**
 * Writes every note of a planned song: a short lead-in, verses and choruses over four-bar
 * chord rows, and a closing chord on the tonic.
 */
export function writeScore(plan: SongPlan, seed: string): ScoreNote[] {
  const writer: Writer = { plan, chance: chanceFrom('score', seed), stepS: plan.barS / (plan.feel.beats * 4), notes: [] };
  const bars = barsOf(plan);
  for (const bar of bars) {
    writeChords(writer, bar);
    writeBass(writer, bar);
    writeDrums(writer, bar);
  }
  writeMelody(writer, bars);
  writeEnding(writer);
  return writer.notes.sort((a, b) => a.atS - b.atS);
}

function barsOf(plan: SongPlan): Bar[] {
  return Array.from({ length: plan.bars }, (_, index) => {
    const isChorus = plan.bars >= 8 && Math.floor(index / 4) % 2 === 1;
    const row = isChorus ? plan.chorus : plan.verse;
    return {
      startS: index * plan.barS,
      chroma: chromaOf(plan.tonic, row[index % row.length]!),
      isChorus,
      isFirst: index === 0,
      isLast: index === plan.bars - 1,
    };
  });
}

function chromaOf(tonic: string, numeral: string): number[] {
  const [name = tonic] = Progression.fromRomanNumerals(tonic, [numeral]);
  return Chord.get(name).notes.map((note) => Note.chroma(note) ?? 0);
}

/** The pitch of this class at or above the given MIDI number: keeps chords in one place, so that few voices jump. */
function above(floor: number, chroma: number): number {
  return floor + ((((chroma - floor) % 12) + 12) % 12);
}

function add(writer: Writer, part: Part, atS: number, lengthS: number, midi: number, level: number) {
  const nudgeS = writer.chance.next() * 0.008; // nobody plays exactly on the beat
  const pitchHz = midi === 0 ? 0 : (Note.freq(Note.fromMidi(midi)) ?? 440);
  writer.notes.push({ part, atS: atS + nudgeS, lengthS, pitchHz, level: level * (0.9 + writer.chance.next() * 0.1) });
}

/** Start of a step in seconds, off-beats late by the feel's swing. */
function stepAt({ plan, stepS }: Writer, bar: Bar, step: number): number {
  const late = step % 4 === 2 ? plan.feel.swing * stepS : 0;
  return bar.startS + step * stepS + late;
}

function forSteps(pattern: string, play: (step: number, level: number) => void) {
  [...pattern].forEach((mark, step) => {
    if (mark !== '.') play(step, mark === 'x' ? 1 : 0.55);
  });
}

function writeChords(writer: Writer, bar: Bar) {
  const { feel, barS } = writer.plan;
  const voices = bar.chroma.map((chroma) => above(57, chroma)).sort((a, b) => a - b);
  for (const midi of voices) add(writer, 'pad', bar.startS, barS, midi, bar.isChorus ? 0.75 : 0.55);
  let turn = 0;
  forSteps(feel.chordSteps, (step, level) => {
    const lengthS = writer.stepS * (feel.chords === 'broken' ? 4 : 3);
    const upDown = [0, 1, 2, 1];
    const struck = feel.chords === 'broken' ? [voices[upDown[turn++ % 4]! % voices.length]!] : voices;
    for (const midi of struck)
      add(writer, 'chords', stepAt(writer, bar, step), lengthS, midi + (feel.chords === 'broken' ? 12 : 0), level * 0.7);
  });
}

function writeBass(writer: Writer, bar: Bar) {
  const root = above(36, bar.chroma[0]!);
  const fifth = above(36, bar.chroma[2] ?? bar.chroma[0]!);
  const steps = writer.plan.feel.bass.length;
  forSteps(writer.plan.feel.bass, (step, level) => {
    const leadsOn = step >= steps * 0.75 && step > 0;
    add(writer, 'bass', stepAt(writer, bar, step), writer.stepS * 2.6, leadsOn && writer.chance.likely(0.5) ? fifth : root, level * 0.9);
  });
}

function writeDrums(writer: Writer, bar: Bar) {
  if (bar.isFirst && writer.plan.bars > 4) return; // the first bar is the lead-in
  const parts = { kick: writer.plan.feel.kick, snare: writer.plan.feel.snare, hat: writer.plan.feel.hat };
  for (const [part, pattern] of Object.entries(parts) as [Part, string][]) {
    forSteps(pattern, (step, level) => add(writer, part, stepAt(writer, bar, step), 0.3, 0, level * (bar.isChorus ? 1 : 0.8)));
  }
}

/**
 * Sings in phrases of two bars. Two shapes, a question and an answer, come back
 * through the song; each phrase has as many notes as its line has syllables.
 */
function writeMelody(writer: Writer, bars: readonly Bar[]) {
  const { plan, chance } = writer;
  const ladder = ladderOf(plan);
  const shapes = [drawShape(chance), drawShape(chance), drawShape(chance)];
  const lead = bars.length > 4 ? 1 : 0;
  for (let first = lead, phrase = 0; first < bars.length; first += 2, phrase += 1) {
    const count = plan.syllables[phrase % Math.max(1, plan.syllables.length)] ?? 7;
    const pair = bars.slice(first, first + 2);
    const shape = shapes[pair[0]!.isChorus ? 2 : phrase % 2]!;
    singPhrase(writer, pair, ladder, shape, count);
  }
}

function ladderOf(plan: SongPlan): number[] {
  const scale = new Set(Scale.get(`${plan.tonic} ${plan.mode} pentatonic`).notes.map((note) => Note.chroma(note)));
  return Array.from({ length: 25 }, (_, index) => 62 + index).filter((midi) => scale.has(midi % 12));
}

/** Steps on the ladder from note to note: mostly small, so that it can be sung. */
function drawShape(chance: Chance): number[] {
  return Array.from({ length: 12 }, () => chance.pick([-2, -1, -1, 0, 1, 1, 1, 2]));
}

function singPhrase(writer: Writer, pair: readonly Bar[], ladder: readonly number[], shape: readonly number[], count: number) {
  const { plan, stepS } = writer;
  const eighths = pair.length * plan.feel.beats * 2;
  const sung = Math.min(count, eighths - 2); // the end of a phrase is for breath
  const gap = (eighths - 2) / sung;
  let place = Math.floor(ladder.length / 3) + (pair[0]!.isChorus ? 3 : 0);
  for (let index = 0; index < sung; index += 1) {
    const eighth = Math.round(index * gap);
    const bar = pair[Math.floor(eighth / (plan.feel.beats * 2))]!;
    const step = (eighth % (plan.feel.beats * 2)) * 2;
    place = Math.min(ladder.length - 1, Math.max(0, place + (shape[index % shape.length] ?? 0)));
    const isEnd = index === sung - 1;
    if (step % 4 === 0 || isEnd) place = nearestChordTone(ladder, place, isEnd && bar.isLast ? [Note.chroma(plan.tonic) ?? 0] : bar.chroma);
    const lengthS = stepS * 2 * (isEnd ? 2.5 : Math.max(1, gap * 0.95));
    add(writer, 'lead', stepAt(writer, bar, step), lengthS, ladder[place]!, pair[0]!.isChorus ? 1 : 0.85);
  }
}

function nearestChordTone(ladder: readonly number[], place: number, chroma: readonly number[]): number {
  const places = ladder.flatMap((midi, index) => (chroma.includes(midi % 12) ? [index] : []));
  return places.sort((a, b) => Math.abs(a - place) - Math.abs(b - place))[0] ?? place;
}

function writeEnding(writer: Writer) {
  const { plan } = writer;
  const atS = plan.bars * plan.barS;
  const chroma = chromaOf(plan.tonic, plan.mode === 'minor' ? 'Im' : 'I');
  for (const tone of chroma) {
    add(writer, 'pad', atS, plan.tailS * 0.6, above(57, tone), 0.7);
    add(writer, 'chords', atS, plan.tailS, above(57, tone), 0.8);
  }
  add(writer, 'bass', atS, plan.tailS * 0.7, above(36, chroma[0]!), 0.9);
  add(writer, 'lead', atS, plan.tailS * 0.7, above(72, chroma[0]!), 0.7);
  if (plan.feel.kick.includes('x')) add(writer, 'kick', atS, 0.3, 0, 0.9);
}
