import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RunningServer } from './grpcServer.ts';
import type { JobService, Request } from './jobService.ts';
import { canonical, METHODS, withEnumNumbers } from './protocol.ts';
import { SchedulerError, toSchedulerError } from './schedulerError.ts';

const LARGEST_BODY_BYTES = 1024 * 1024; // the service's own limit of a job
const PARENT = '(?<parent>projects/[^/]+/locations/[^/]+)/jobs';
const NAME = '(?<name>projects/[^/]+/locations/[^/]+/jobs/[^/:]+)';

interface Route {
  verb: string;
  path: RegExp;
  method: keyof JobService;
  /** The request message of its parts: those of the path, the query, and the body. */
  request: (path: Record<string, string>, query: URLSearchParams, body: Record<string, unknown>) => Request;
}

// https://cloud.google.com/scheduler/docs/reference/rest
const ROUTES: Route[] = [
  { verb: 'GET', path: at(PARENT), method: 'listJobs', request: (path, query) => ({ ...path, ...pageOf(query) }) },
  { verb: 'POST', path: at(PARENT), method: 'createJob', request: (path, _query, job) => ({ ...path, job }) },
  { verb: 'GET', path: at(NAME), method: 'getJob', request: (path) => path },
  { verb: 'PATCH', path: at(NAME), method: 'updateJob', request: ({ name }, query, job) => ({ job: { ...job, name }, ...maskOf(query) }) },
  { verb: 'DELETE', path: at(NAME), method: 'deleteJob', request: (path) => path },
  { verb: 'POST', path: at(`${NAME}:pause`), method: 'pauseJob', request: (path) => path },
  { verb: 'POST', path: at(`${NAME}:resume`), method: 'resumeJob', request: (path) => path },
  { verb: 'POST', path: at(`${NAME}:run`), method: 'runJob', request: (path) => path },
];

/** Serves the jobs over HTTP and JSON, on a free port of 127.0.0.1. */
export async function startRestServer(jobs: JobService): Promise<RunningServer> {
  const server = createServer((request, response) => void answer(jobs, request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function answer(jobs: JobService, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    sendJson(response, 200, await call(jobs, request));
  } catch (error) {
    const { code, httpStatus, message } = toSchedulerError(error);
    sendJson(response, httpStatus, { error: { code: httpStatus, message, status: code } });
  }
}

async function call(jobs: JobService, request: IncomingMessage): Promise<object> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const body = await readJson(request);
  const path = decodePath(url.pathname);
  const route = ROUTES.find(({ verb, path: pattern }) => verb === request.method && pattern.test(path));
  if (!route) throw new SchedulerError('NOT_FOUND', 'There is no such method.');
  const types = METHODS.find(({ name }) => name === route.method)!;
  const message = canonical(types.request, route.request({ ...route.path.exec(path)?.groups }, url.searchParams, body));
  const answered = await jobs[route.method](message);
  return url.searchParams.get('$alt')?.includes('enum-encoding=int') ? withEnumNumbers(types.answer, answered) : answered;
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LARGEST_BODY_BYTES) throw new SchedulerError('INVALID_ARGUMENT', 'The request is larger than 1 MiB.');
    chunks.push(chunk);
  }
  try {
    const json: unknown = JSON.parse(Buffer.concat(chunks).toString() || '{}');
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  } catch {
    // told below
  }
  throw new SchedulerError('INVALID_ARGUMENT', 'The body must be a JSON object.');
}

function sendJson(response: ServerResponse, status: number, json: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=UTF-8' }).end(`${JSON.stringify(json, null, 2)}\n`);
}

function at(path: string): RegExp {
  return new RegExp(`^/v1/${path}$`);
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function pageOf(query: URLSearchParams): Request {
  const pageSize = query.get('pageSize') ?? '0';
  if (!/^\d{1,9}$/.test(pageSize)) throw new SchedulerError('INVALID_ARGUMENT', 'pageSize must be a whole number.');
  return { pageSize: Number(pageSize), pageToken: query.get('pageToken') ?? '' };
}

function maskOf(query: URLSearchParams): Request {
  const updateMask = query.get('updateMask');
  return updateMask ? { updateMask } : {};
}
