import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Clock, systemClock } from '#shared/runtime';
import { TRAP_PATH } from '../sandboxFaults/addresses.ts';
import type { Place } from '../sandboxFaults/faultList.ts';
import { Faults, type Struck } from '../sandboxFaults/faults.ts';
import { type Answer, deliver, json, refusal, spoil } from './answer.ts';
import { type ApiRequest, generate, keyInfo, lyrics, type Service, songsOf, subjectOf, tasks } from './api.ts';
import { openControlDoor } from './controlDoor.ts';
import { Diary, type Recorded, type TaskPolls } from './diary.ts';
import { type FileRequest, showAudio, showCover, streamPreview } from './files.ts';
import { LOCAL_PACE, type Pace } from './songLife.ts';
import { openStudio } from './studio.ts';
import { Submissions } from './submissions.ts';

export interface SandboxOptions {
  /** Submissions, the account and, by default, finished sounds are kept here. One process at a time. */
  directory: string;
  /** Finished sounds; several sandboxes may share them. */
  sounds?: string;
  port?: number;
  host?: string;
  apiKey: string;
  clock?: Clock;
  pace?: Partial<Pace>;
  /** Length of every song; by default 20 to 40 s, by its lyrics. */
  soundSeconds?: number;
  /** Balance of a new directory; one that was used keeps its own. */
  credits?: number;
  /** `/v1` serves the sister service's addresses. */
  prefix?: '/v3' | '/v1';
}

export interface Sandbox {
  /** Address without a slash at its end. */
  url: string;
  /** Submissions accepted since the directory was made, over all restarts. */
  accepted(): number;
  credits(): number;
  /** Requests received since the start, by place, whatever became of them. */
  calls(): Record<Place, number>;
  /** The last 10,000, oldest first. */
  requests(): readonly Recorded[];
  /** Polls by task id: whether one task was asked for twice at the same time. */
  polls(): Record<string, TaskPolls>;
  faults: Faults;
  /** Drops open connections and ends the sound process. */
  close(): Promise<void>;
}

type Handler = { call: (service: Service, request: ApiRequest) => Answer } | { file: typeof showAudio };
type Route = Handler & { place: Place };

const BODY_LIMIT_BYTES = 1_000_000;
const RECORDED_BODY_LIMIT_BYTES = 64 * 1024;

/**
 * Starts a stand-in for the TopMediai music API: the same calls, answers and quirks, and songs that really sound.
 *
 * Nothing heavy is loaded here: sound and picture libraries come with the first song.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { directory, port = 0, host = '127.0.0.1', apiKey, clock = systemClock, credits = 10_000, prefix = '/v3' } = options;
  const faults = new Faults();
  const diary = new Diary();
  const service: Service = {
    apiKey,
    url: '',
    pace: { ...LOCAL_PACE, ...options.pace },
    now: () => clock.now(),
    submissions: new Submissions(directory, credits, options.soundSeconds),
    studio: openStudio(options.sounds ?? join(directory, 'sounds')),
    finishedPolls: new Map(),
  };
  const desk = { service, faults, diary, clock, prefix };
  const server = createServer((request, response) => {
    serve(desk, request, response).catch((error: unknown) => fail(response, error));
  });
  server.keepAliveTimeout = 60_000; // longer than a client's pause between polls: none meets a connection that is just closing
  await listen(server, port, host);
  service.url = `http://${host}:${(server.address() as AddressInfo).port}`;
  return {
    url: service.url,
    accepted: () => service.submissions.count,
    credits: () => service.submissions.credits,
    calls: () => ({ ...diary.calls }),
    requests: () => diary.requests(),
    polls: () => diary.polls(),
    faults,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await service.studio.close();
    },
  };
}

interface Desk {
  service: Service;
  faults: Faults;
  diary: Diary;
  clock: Clock;
  prefix: string;
}

async function serve(desk: Desk, request: IncomingMessage, response: ServerResponse) {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://sandbox');
  const method = request.method ?? 'GET';
  const raw = await readBody(request);
  const body = raw === undefined ? undefined : parseJson(raw);
  const isHead = method === 'HEAD';
  if (pathname === '/sandbox' || pathname.startsWith('/sandbox/')) {
    return deliver(openControlDoor(desk, method, pathname, searchParams, body), response, isHead);
  }
  if (pathname === TRAP_PATH) desk.diary.trapped += 1;
  const route = routeOf(isHead ? 'GET' : method, pathname, desk.prefix);
  if (raw === undefined) return deliver(json(413, { detail: 'Request body too large' }), response, isHead);
  if (route === undefined) return deliver(json(404, { detail: 'Not Found' }), response, isHead);

  const kept = raw.length <= RECORDED_BODY_LIMIT_BYTES ? body : null;
  const asked = { method, path: pathname, query: Object.fromEntries(searchParams), body: kept ?? null };
  const taskIds = route.place === 'tasks' ? songsOf(desk.service, searchParams).map(({ id }) => id) : [];
  const visit = desk.diary.begin({ place: route.place, ...asked }, taskIds, desk.service.now);
  response.once('close', () => visit.end(response.headersSent ? response.statusCode : null));
  const struck = desk.faults.take(route.place, subjectOf(desk.service, pathname, searchParams, body));
  visit.struckBy(struck.all.map(({ name }) => name));
  if (struck.has('slow')) await desk.clock.sleep(struck.find('slow')?.delayMs ?? 5_000);
  const answer =
    refusal(struck, desk.service.url) ?? spoil(await work(desk.service, route, request, pathname, searchParams, body, struck), struck);
  // Before the last byte leaves: whoever has the answer and asks again must not seem to ask twice at once.
  if (answer.delivery === undefined) visit.end(answer.status);
  await deliver(answer, response, isHead);
}

function routeOf(method: string, path: string, prefix: string): Route | undefined {
  if (path.startsWith('/files/')) return method === 'GET' ? { place: 'audio', file: showAudio } : undefined;
  if (path.startsWith('/stream/')) return method === 'GET' ? { place: 'preview', file: streamPreview } : undefined;
  if (path.startsWith('/covers/')) return method === 'GET' ? { place: 'cover', file: showCover } : undefined;
  const calls: Record<string, Route> = {
    [`POST ${prefix}/music/generate`]: { place: 'generate', call: generate },
    [`GET ${prefix}/music/tasks`]: { place: 'tasks', call: tasks },
    'POST /v1/lyrics': { place: 'lyrics', call: lyrics },
    'GET /v1/get_api_key_info': { place: 'keyInfo', call: keyInfo },
  };
  return calls[`${method} ${path}`];
}

function work(
  service: Service,
  route: Route,
  { headers }: IncomingMessage,
  path: string,
  query: URLSearchParams,
  body: unknown,
  struck: Struck,
): Answer | Promise<Answer> {
  if ('call' in route) return route.call(service, { headers, query, body, struck });
  const song = service.submissions.find(path.match(/^\/\w+\/(\d+)\.(?:mp3|jpg)$/)?.[1] ?? '');
  const file: FileRequest = { path, query, range: headers.range, struck };
  return route.file(service, song, file);
}

/** The whole body as text, or undefined when it is beyond the limit. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes <= BODY_LIMIT_BYTES) pieces.push(piece);
  }
  return bytes > BODY_LIMIT_BYTES ? undefined : Buffer.concat(pieces).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** A fault of the sandbox itself, or a client that went away in the middle of its request. */
function fail(response: ServerResponse, error: unknown) {
  if (response.headersSent || response.destroyed) return void response.destroy();
  response.writeHead(500, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ status: 500, message: error instanceof Error ? error.message : 'sandbox fault' }));
}
