import type { IncomingHttpHeaders } from 'node:http';
import { SONG_FAULTS } from '../sandboxFaults/faultList.ts';
import type { Struck } from '../sandboxFaults/faults.ts';
import { spoilOrder, spoilTasks } from '../sandboxFaults/spoilTasks.ts';
import { type Answer, envelope, json, keyRefused, outOfCredit } from './answer.ts';
import { details, GenerateBody, LyricsBody, overLimit } from './requestSchema.ts';
import { hasCover, type Pace, phaseOf, taskItem } from './songLife.ts';
import type { Studio } from './studio.ts';
import { priceOf, type Song, type Submissions } from './submissions.ts';
import { writeVerses } from './writeVerses.ts';

/** What the answers are made from. */
export interface Service {
  apiKey: string;
  url: string;
  pace: Pace;
  now(): number;
  submissions: Submissions;
  studio: Studio;
  /** Polls that showed a finished song, by task id: covers come after some of them. Not kept over a restart. */
  finishedPolls: Map<string, number>;
}

export interface ApiRequest {
  headers: IncomingHttpHeaders;
  query: URLSearchParams;
  /** Parsed JSON, or undefined when there is none or it does not parse. */
  body: unknown;
  struck: Struck;
}

type Call = (service: Service, request: ApiRequest) => Answer;

/** Missing key: 500 (C, from the sister service). Wrong key: 401 (I: handled everywhere, shown nowhere). */
function withKey(call: Call): Call {
  return (service, request) => {
    const key = request.headers['x-api-key'];
    if (key === undefined) return keyRefused(500);
    return key === service.apiKey ? call(service, request) : keyRefused(401);
  };
}

/** `POST /v3/music/generate`: two ids as strings, credits spent at once (I). */
export const generate = withKey((service, { body, struck }) => {
  const parsed = GenerateBody.safeParse(body);
  if (!parsed.success) return json(422, details(parsed.error));
  const fault = overLimit(parsed.data);
  if (fault !== undefined) return envelope({}, 400_000, fault);
  if (service.submissions.credits < priceOf(parsed.data)) return outOfCredit();

  const marks = struck.all.filter(({ name }) => SONG_FAULTS.includes(name)).map(({ times: _, ...mark }) => mark);
  const count = struck.has('songCount') ? (struck.find('songCount')?.count ?? 1) : 2;
  const songs = service.submissions.accept(parsed.data, service.now(), marks, count);
  for (const song of songs) {
    // Ahead of the first download. A failure here shows again, and is answered, when the file is asked for.
    if (song.fails === undefined) service.studio.sound(song.sound).catch(() => undefined);
  }
  const ids = songs.map(({ id }) => (struck.has('numericIds') ? Number(id) : id));
  return envelope({ ids: struck.has('noIds') ? [] : spoilOrder(ids, struck) });
});

/** `GET /v3/music/tasks?ids=a,b`: in an envelope (C; the reference shows a bare array). Unknown ids are left out (I). */
export const tasks = withKey((service, { query, struck }) => {
  const songs = songsOf(service, query);
  const found = songs.map((song) => itemOf(service, song));
  const items = spoilTasks(found, struck, service.url);
  if (struck.has('bareArray')) return json(200, items);
  return envelope(struck.has('doubleEnvelope') ? { data: items } : items);
});

function itemOf(service: Service, song: Song) {
  const phase = phaseOf(song, service.now(), service.pace);
  const polls = service.finishedPolls.get(song.id) ?? 0;
  if (phase === 'final') service.finishedPolls.set(song.id, polls + 1);
  return taskItem(song, phase, hasCover(song, phase, polls, service.pace), service.url);
}

/** The songs that a poll asks for. */
export function songsOf({ submissions }: Service, query: URLSearchParams): Song[] {
  return (query.get('ids') ?? '').split(',').flatMap((id) => submissions.find(id.trim()) ?? []);
}

/** `POST /v1/lyrics`: `data.text` and `data.title` (C). Its price is not known; here it costs nothing (I). */
export const lyrics = withKey((_service, { body, struck }) => {
  const parsed = LyricsBody.safeParse(body);
  if (!parsed.success) return json(422, details(parsed.error));
  const { title, text } = writeVerses(parsed.data.prompt);
  if (struck.has('noLyrics')) return envelope({ title, text: '' });
  if (struck.has('wildLyrics')) return envelope({ title: null, text: `\u0000${text}\r\n${'La \u0007la\n'.repeat(3_000)}` });
  return envelope(struck.has('otherLyricsName') ? { title, lyrics: text } : { title, text });
});

/** `GET /v1/get_api_key_info`: a bare object that echoes the key and an e-mail (D). */
export const keyInfo = withKey((service, { struck }) => {
  const credits = service.submissions.credits;
  const information = {
    x_api_key: service.apiKey,
    email: 'owner@sandbox.example',
    member_id: 'm1',
    key_status: 1,
    key_words_counts: 5000,
    key_clone_voices: 0,
    key_cover_counts: 0,
    key_vc_counts: 0,
    key_music_counts: struck.has('numericStrings') ? String(credits) : credits,
    key_created_at: '2030-01-01T00:00:00Z',
    key_updated_at: '2030-01-02T00:00:00Z',
  };
  return struck.has('keyInfoInData') ? envelope(information) : json(200, information);
});

/** The text that a fault's `match` is looked for in: the request itself, and what the songs in it were asked for. */
export function subjectOf(service: Service, path: string, query: URLSearchParams, body: unknown): string {
  const shown = service.submissions.find(path.match(/(\d+)\.(mp3|jpg)$/)?.[1] ?? '') ?? [];
  const orders = [...songsOf(service, query), shown].flat().map(({ submission }) => submission.body);
  return [path, ...query.values(), ...[body, ...orders].flatMap(textsOf)].join('\n');
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
