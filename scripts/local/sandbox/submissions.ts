import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Fault } from '../sandboxFaults/faults.ts';
import { chanceFrom } from './chance.ts';
import type { SongRequest } from './planSong.ts';
import { GenerateBody, MODELS } from './requestSchema.ts';
import { writeVerses } from './writeVerses.ts';

const Stored = z.object({
  number: z.number().int(),
  /** Milliseconds since the epoch, by the sandbox's clock. */
  acceptedAt: z.number(),
  body: GenerateBody,
  credits: z.number(),
  songCount: z.number().int(),
  /** Faults that the songs of this submission carry. */
  faults: z.array(Fault),
});
export type Submission = z.output<typeof Stored>;

const Account = z.object({ granted: z.number() });

/** One song of a submission; everything but its state, which follows from the clock. */
export interface Song {
  id: string;
  /** The second name that the service gives a song. */
  songId: string;
  submission: Submission;
  title: string;
  lyric: string;
  sound: SongRequest;
  fails: Fault | undefined;
}

/**
 * Everything accepted, one file each in `<directory>/submissions`.
 *
 * The number of files is the count of accepted submissions, and what is spent is the sum of their prices: count,
 * balance and tasks cannot disagree, wherever the process dies. A file is there before the answer leaves.
 */
export class Submissions {
  #directory: string;
  #all: Submission[];
  #songs = new Map<string, Song>();
  #soundSeconds: number | undefined;
  #granted: number;

  constructor(directory: string, credits: number, soundSeconds: number | undefined) {
    this.#directory = directory;
    this.#soundSeconds = soundSeconds;
    mkdirSync(join(directory, 'submissions'), { recursive: true });
    this.#all = readAll(join(directory, 'submissions'));
    for (const submission of this.#all) this.#addSongs(submission);
    const account = join(directory, 'account.json');
    this.#granted = existsSync(account) ? Account.parse(JSON.parse(readFileSync(account, 'utf8'))).granted : credits;
  }

  get count(): number {
    return this.#all.length;
  }

  get credits(): number {
    return this.#granted - this.#all.reduce((sum, submission) => sum + submission.credits, 0);
  }

  set credits(balance: number) {
    this.#granted += balance - this.credits;
    writeWhole(join(this.#directory, 'account.json'), { granted: this.#granted });
  }

  get songs(): Song[] {
    return [...this.#songs.values()];
  }

  /** A song by its task id. */
  find(id: string): Song | undefined {
    return this.#songs.get(id);
  }

  accept(body: GenerateBody, acceptedAt: number, faults: Fault[], songCount: number): Song[] {
    const number = this.#all.length + 1;
    const submission: Submission = { number, acceptedAt, body, credits: priceOf(body), songCount, faults };
    writeWhole(join(this.#directory, 'submissions', `${number}.json`), submission);
    this.#all.push(submission);
    return this.#addSongs(submission);
  }

  #addSongs(submission: Submission): Song[] {
    const songs = Array.from({ length: submission.songCount }, (_, index) => songOf(submission, index, this.#soundSeconds));
    for (const song of songs) this.#songs.set(song.id, song);
    return songs;
  }
}

export function priceOf(body: GenerateBody): number {
  return MODELS[body.mv]!.credits;
}

function songOf(submission: Submission, index: number, soundSeconds: number | undefined): Song {
  const { body, number, faults } = submission;
  const id = String(100_000 + number * 10 + index);
  const style = body.style ?? '';
  const made = writeVerses(style);
  const title = body.action === 'custom' && body.title ? body.title : made.title;
  const failing = faults.find(({ name }) => name === 'failBoth' || (name === 'failA' && index === 0) || (name === 'failB' && index === 1));
  const lyric = lyricOf(body, made.text);
  // Not the number: the same request is to give the same sound, so the seed is only what a client can choose, and the song's place.
  const seed = `${body.action} ${body.mv} ${body.gender} ${body.instrumental} ${index}`;
  const chance = chanceFrom('song id', id);
  const songId = `${chance.whole(0x10000000, 0xffffffff).toString(16)}-${chance.whole(0x1000, 0xffff).toString(16)}-${id}`;
  const sound: SongRequest = { style, title, lyrics: lyric, seed, ...(soundSeconds === undefined ? {} : { seconds: soundSeconds }) };
  return { id, songId, submission, title, lyric, sound, fails: failing };
}

/** `auto` improvises and ignores what was sent; `custom` echoes exactly; an instrumental has none. */
function lyricOf(body: GenerateBody, improvised: string): string {
  if (body.instrumental === 1) return '';
  return body.action === 'auto' ? improvised : (body.lyrics ?? '');
}

function readAll(directory: string): Submission[] {
  const names = readdirSync(directory).filter((name) => name.endsWith('.json'));
  const all = names.map((name) => Stored.parse(JSON.parse(readFileSync(join(directory, name), 'utf8'))));
  return all.sort((a, b) => a.number - b.number);
}

/** Written beside and renamed: a file is whole or not there. */
function writeWhole(path: string, value: unknown) {
  writeFileSync(`${path}.tmp`, JSON.stringify(value, null, 2));
  renameSync(`${path}.tmp`, path);
}
