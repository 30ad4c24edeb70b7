import { z } from 'zod';
import { type Answer, json } from './answer.ts';
import type { Service } from './api.ts';
import { FAULTS, type Place } from './faultList.ts';
import type { Faults } from './faults.ts';
import { phaseOf } from './songLife.ts';

/** One request as it came in, without its headers: the key is not kept. */
export interface Recorded {
  place: Place;
  method: string;
  path: string;
  query: Record<string, string>;
  /** Parsed JSON, or null. */
  body: unknown;
  /** Milliseconds since the epoch, by the sandbox's clock. */
  at: number;
}

/** What the sandbox remembers of its visitors. In memory: the counts begin anew with the process. */
export interface Diary {
  calls: Record<Place, number>;
  /** The last 10,000. */
  requests: Recorded[];
}

interface Door {
  service: Service;
  faults: Faults;
  diary: Diary;
}

const Credits = z.strictObject({ credits: z.number().int().min(0) });

/**
 * The door for tests in other processes and for a person's terminal; no key.
 *
 *     GET    /sandbox            accepted, credits, calls per place, faults that are on
 *     GET    /sandbox/requests   recorded requests, oldest first
 *     DELETE /sandbox/requests   forgets them and sets the calls to 0 (never the accepted count)
 *     GET    /sandbox/songs      every song and its phase
 *     GET    /sandbox/faults     every fault there is, and those that are on
 *     POST   /sandbox/faults     { name, times?, match?, at?, … } switches one on
 *     DELETE /sandbox/faults     switches all off, or those of ?name=
 *     POST   /sandbox/credits    { credits } sets the balance
 */
export function openControlDoor(door: Door, method: string, path: string, query: URLSearchParams, body: unknown): Answer {
  try {
    const handle = HANDLERS[`${method} ${path}`];
    return handle === undefined ? json(404, { error: 'No such door', doors: Object.keys(HANDLERS) }) : json(200, handle(door, query, body));
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    return json(400, { error: z.prettifyError(error) });
  }
}

const HANDLERS: Record<string, (door: Door, query: URLSearchParams, body: unknown) => unknown> = {
  'GET /sandbox': ({ service, faults, diary }) => ({
    accepted: service.submissions.count,
    credits: service.submissions.credits,
    calls: diary.calls,
    faults: faults.list(),
  }),
  'GET /sandbox/requests': ({ diary }) => diary.requests,
  'DELETE /sandbox/requests': ({ diary }) => {
    diary.requests.length = 0;
    for (const place of Object.keys(diary.calls) as Place[]) diary.calls[place] = 0;
    return diary.calls;
  },
  'GET /sandbox/songs': ({ service }) =>
    service.submissions.songs.map((song) => ({
      id: song.id,
      title: song.title,
      submission: song.submission.number,
      phase: phaseOf(song, service.now(), service.pace),
    })),
  'GET /sandbox/faults': ({ faults }) => ({
    on: faults.list(),
    known: Object.entries(FAULTS).map(([name, description]) => ({ name, ...description })),
  }),
  'POST /sandbox/faults': ({ faults }, _query, body) => faults.add(body),
  'DELETE /sandbox/faults': ({ faults }, query) => {
    faults.delete(query.get('name') ?? undefined);
    return faults.list();
  },
  'POST /sandbox/credits': ({ service }, _query, body) => {
    service.submissions.credits = Credits.parse(body).credits;
    return { credits: service.submissions.credits };
  },
};
