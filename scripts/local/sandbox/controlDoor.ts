import { z } from 'zod';
import { ADDRESSES } from '../sandboxFaults/addresses.ts';
import { FAULTS } from '../sandboxFaults/faultList.ts';
import type { Faults } from '../sandboxFaults/faults.ts';
import { type Answer, json } from './answer.ts';
import type { Service } from './api.ts';
import type { Diary } from './diary.ts';
import { phaseOf } from './songLife.ts';

interface Door {
  service: Service;
  faults: Faults;
  diary: Diary;
}

const After = z.coerce.number().int().min(0).catch(0);
const Credits = z.strictObject({ credits: z.number().int().min(0) });

/**
 * The door for tests in other processes and for a person's terminal; no key.
 *
 *     GET    /sandbox            accepted, credits, calls per place, faults that are on, requests that fell into the trap
 *     GET    /sandbox/requests   recorded requests, oldest first; ?after=<number> only later ones
 *     GET    /sandbox/polls      by task id: how often it was asked for, and how often at once
 *     DELETE /sandbox/requests   forgets them and sets the calls to 0 (never the accepted count)
 *     GET    /sandbox/songs      every song and its phase
 *     GET    /sandbox/faults     every fault there is, those that are on, and the addresses that `url` knows by name
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
    trapped: diary.trapped,
  }),
  'GET /sandbox/requests': ({ diary }, query) => diary.requests(After.parse(query.get('after'))),
  'GET /sandbox/polls': ({ diary }) => diary.polls(),
  'DELETE /sandbox/requests': ({ diary }) => {
    diary.clear();
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
    addresses: ADDRESSES,
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
