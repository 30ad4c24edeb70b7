import { OfflineAudioContext } from 'node-web-audio-api';
import { type Chance, chanceFrom } from './chance.ts';
import { SAMPLE_RATE } from './planSong.ts';
import type { ScoreNote } from './writeScore.ts';

/** Left and right as 16-bit samples at 44.1 kHz. */
export interface Sound {
  left: Int16Array;
  right: Int16Array;
}

type Lead = 'bell' | 'flute' | 'pluck' | 'soft';

interface Band {
  context: OfflineAudioContext;
  /** Where dry sound goes, and where the part that is to echo goes. */
  dry: GainNode;
  echo: GainNode;
  noise: AudioBuffer;
  lead: Lead;
}

/** A sound's course: silence, rise to the level, fall to a held share of it, release after the note. */
interface Shape {
  level: number;
  riseS: number;
  fallS: number;
  held: number;
  releaseS: number;
}

const PEAK = 0.86; // leaves room for what the encoder adds, so that nothing clips

/**
 * Plays notes through simple instruments with a light room around them.
 *
 * @param samples - length of the result; what still sounds then is faded out
 */
export async function playScore(notes: readonly ScoreNote[], lead: Lead, samples: number, seed: string): Promise<Sound> {
  const context = new OfflineAudioContext(2, samples, SAMPLE_RATE);
  const chance = chanceFrom('room', seed);
  const band: Band = { context, ...buildRoom(context, chance), noise: noiseOf(context, 1, chance, 0), lead };
  for (const note of notes) playNote(band, note);
  const rendered = await context.startRendering();
  return level(rendered.getChannelData(0), rendered.getChannelData(1));
}

function buildRoom(context: OfflineAudioContext, chance: Chance): Pick<Band, 'dry' | 'echo'> {
  const dry = context.createGain();
  const echo = context.createGain();
  const room = context.createConvolver();
  const roomLevel = context.createGain();
  room.buffer = noiseOf(context, 1.4, chance, 5);
  roomLevel.gain.value = 0.5;
  dry.connect(context.destination);
  echo.connect(room).connect(roomLevel).connect(context.destination);
  return { dry, echo };
}

/** White noise; with a decay (in 1/s) it is the answer of a room to a clap. */
function noiseOf(context: OfflineAudioContext, seconds: number, chance: Chance, decay: number): AudioBuffer {
  const buffer = context.createBuffer(2, Math.round(seconds * SAMPLE_RATE), SAMPLE_RATE);
  for (const channel of [0, 1]) {
    const samples = buffer.getChannelData(channel).map((_, index) => (chance.next() * 2 - 1) * Math.exp((-decay * index) / SAMPLE_RATE));
    buffer.copyToChannel(samples, channel);
  }
  return buffer;
}

function playNote(band: Band, note: ScoreNote) {
  switch (note.part) {
    case 'pad':
      return playPad(band, note);
    case 'chords':
      return playChord(band, note);
    case 'bass':
      return playBass(band, note);
    case 'lead':
      return playLead(band, note);
    case 'kick':
      return playKick(band, note);
    case 'snare':
      return playNoise(band, note, { type: 'bandpass', hertz: 2300, level: 0.5, fallS: 0.16 });
    case 'hat':
      return playNoise(band, note, { type: 'highpass', hertz: 7600, level: 0.24, fallS: 0.06 });
  }
}

/** A gain that follows the shape, wired to the dry sound and, by the given share, to the room. */
function shaped(band: Band, note: ScoreNote, shape: Shape, echo: number, pan = 0): { input: GainNode; endS: number } {
  const { context, dry } = band;
  const input = context.createGain();
  const place = context.createStereoPanner();
  const send = context.createGain();
  const endS = note.atS + note.lengthS + shape.releaseS;
  const peak = shape.level * note.level;
  input.gain.setValueAtTime(0, note.atS);
  input.gain.linearRampToValueAtTime(peak, note.atS + shape.riseS);
  input.gain.setTargetAtTime(peak * shape.held, note.atS + shape.riseS, shape.fallS);
  input.gain.setTargetAtTime(0, Math.max(note.atS + note.lengthS, note.atS + shape.riseS), shape.releaseS / 4);
  place.pan.value = pan;
  send.gain.value = echo;
  input.connect(place).connect(dry);
  place.connect(send).connect(band.echo);
  return { input, endS };
}

function tone({ context }: Band, type: OscillatorType, hertz: number, note: ScoreNote, endS: number, target: AudioNode): OscillatorNode {
  const oscillator = context.createOscillator();
  oscillator.type = type;
  oscillator.frequency.value = hertz;
  oscillator.connect(target);
  oscillator.start(note.atS);
  oscillator.stop(endS);
  return oscillator;
}

function lowpass({ context }: Band, hertz: number, target: AudioNode): BiquadFilterNode {
  const filter = context.createBiquadFilter();
  filter.type = 'lowpass';
  filter.frequency.value = hertz;
  filter.connect(target);
  return filter;
}

function playPad(band: Band, note: ScoreNote) {
  const shape = { level: 0.06, riseS: Math.min(0.35, note.lengthS / 2), fallS: 1, held: 0.9, releaseS: 0.7 };
  const { input, endS } = shaped(band, note, shape, 0.5, note.pitchHz > 260 ? 0.3 : -0.3);
  const filter = lowpass(band, 1700, input);
  tone(band, 'sawtooth', note.pitchHz * 1.0025, note, endS, filter);
  tone(band, 'sawtooth', note.pitchHz * 0.9975, note, endS, filter);
}

function playChord(band: Band, note: ScoreNote) {
  const shape = { level: 0.12, riseS: 0.006, fallS: 0.35, held: 0.12, releaseS: 0.35 };
  const { input, endS } = shaped(band, note, shape, 0.25, note.pitchHz > 330 ? -0.25 : 0.2);
  const filter = lowpass(band, Math.min(6500, note.pitchHz * 10), input);
  tone(band, 'triangle', note.pitchHz, note, endS, filter);
  tone(band, 'triangle', note.pitchHz * 2, note, endS, filter);
}

function playBass(band: Band, note: ScoreNote) {
  const shape = { level: 0.15, riseS: 0.012, fallS: 0.4, held: 0.5, releaseS: 0.12 };
  const { input, endS } = shaped(band, note, shape, 0.03);
  const filter = lowpass(band, 900, input);
  tone(band, 'triangle', note.pitchHz, note, endS, filter);
  tone(band, 'triangle', note.pitchHz * 2, note, endS, filter); // heard on small speakers, too
}

const LEADS: Record<Lead, { wave: OscillatorType; overtone: number; overtoneLevel: number; shape: Shape; vibratoHz: number }> = {
  bell: {
    wave: 'sine',
    overtone: 4,
    overtoneLevel: 0.12,
    vibratoHz: 0,
    shape: { level: 0.24, riseS: 0.004, fallS: 0.45, held: 0.15, releaseS: 0.6 },
  },
  flute: {
    wave: 'triangle',
    overtone: 2,
    overtoneLevel: 0.25,
    vibratoHz: 5.2,
    shape: { level: 0.2, riseS: 0.05, fallS: 0.3, held: 0.75, releaseS: 0.2 },
  },
  pluck: {
    wave: 'triangle',
    overtone: 3,
    overtoneLevel: 0.2,
    vibratoHz: 0,
    shape: { level: 0.24, riseS: 0.003, fallS: 0.25, held: 0.1, releaseS: 0.3 },
  },
  soft: {
    wave: 'sine',
    overtone: 2,
    overtoneLevel: 0.3,
    vibratoHz: 4.6,
    shape: { level: 0.22, riseS: 0.07, fallS: 0.5, held: 0.7, releaseS: 0.5 },
  },
};

function playLead(band: Band, note: ScoreNote) {
  const { wave, overtone, overtoneLevel, shape, vibratoHz } = LEADS[band.lead];
  const { input, endS } = shaped(band, note, shape, 0.4);
  const colour = band.context.createGain();
  colour.gain.value = overtoneLevel;
  colour.connect(input);
  const voice = tone(band, wave, note.pitchHz, note, endS, input);
  tone(band, 'sine', note.pitchHz * overtone, note, endS, colour);
  if (vibratoHz === 0 || note.lengthS < 0.3) return;
  const depth = band.context.createGain();
  depth.gain.value = note.pitchHz * 0.005;
  depth.connect(voice.frequency);
  tone(band, 'sine', vibratoHz, note, endS, depth);
}

function playKick(band: Band, note: ScoreNote) {
  const { input, endS } = shaped(
    band,
    { ...note, lengthS: 0.12 },
    { level: 0.36, riseS: 0.002, fallS: 0.07, held: 0.01, releaseS: 0.18 },
    0.02,
  );
  const drum = tone(band, 'sine', 130, note, endS, input);
  drum.frequency.setValueAtTime(130, note.atS);
  drum.frequency.exponentialRampToValueAtTime(46, note.atS + 0.09);
}

interface Hiss {
  type: BiquadFilterType;
  hertz: number;
  level: number;
  fallS: number;
}

function playNoise(band: Band, note: ScoreNote, { type, hertz, level: loudness, fallS }: Hiss) {
  const shape = { level: loudness, riseS: 0.001, fallS: fallS / 2, held: 0.001, releaseS: fallS };
  const { input, endS } = shaped(band, { ...note, lengthS: fallS }, shape, 0.15, type === 'highpass' ? 0.25 : 0);
  const filter = band.context.createBiquadFilter();
  filter.type = type;
  filter.frequency.value = hertz;
  filter.connect(input);
  const source = band.context.createBufferSource();
  source.buffer = band.noise;
  source.connect(filter);
  source.start(note.atS, (note.atS * 7) % 0.5); // another piece of the noise each time, or it sounds like a machine gun
  source.stop(endS);
}

/** Brings the loudest sample to the peak, fades the last quarter of a second, and turns the numbers into 16 bits. */
function level(left: Float32Array, right: Float32Array): Sound {
  let loudest = 0.001;
  for (const channel of [left, right]) for (const sample of channel) loudest = Math.max(loudest, Math.abs(sample));
  const fade = Math.round(0.25 * SAMPLE_RATE);
  const toInt16 = (channel: Float32Array) =>
    Int16Array.from(channel, (sample, index) => {
      const share = Math.min(1, (channel.length - 1 - index) / fade);
      return Math.round((sample / loudest) * PEAK * share ** 2 * 32_767);
    });
  return { left: toInt16(left), right: toInt16(right) };
}
