/** Sori as a test meets it: every function on the real framework, over HTTP, in a project of the test file's own. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import { createInstance, type Endpoint, type Instance, type TypedEndpoint } from '#shared/endpoint';
import type { FigureGatherer } from '#shared/figures';
import type { RateLimits } from '#shared/limits';
import { closeDatabase, systemWorld, type World } from '#shared/runtime';
import { playsCounted } from '#shared/songs';
import { loadEndpoints } from '../../scripts/loadEndpoints.ts';
import { type FunctionPool, startFunctions } from '../../scripts/local/functions.ts';
import { registeredFunctions } from '../../scripts/local/registeredFunctions.ts';
import { answerFault } from './answerFault.ts';
import { emulators } from './emulators.ts';

export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  requestId: string;
  issues?: { path: string; message: string }[];
}

export interface Answer<Body = unknown> {
  status: number;
  headers: Headers;
  /** What the definition promises; for an error, see `problem`. */
  body: Body;
  problem: Problem | undefined;
  text: string;
}

export interface CallOptions {
  token?: string | undefined;
  headers?: Record<string, string>;
  method?: string;
}

export interface Service {
  url: string;
  projectId: string;
  endpoints: Endpoint[];
  /** Calls a function as its definition says. */
  call<I extends z.ZodObject, O extends z.ZodType | 'bytes'>(
    endpoint: TypedEndpoint<string, I, O>,
    input: z.input<I>,
    options?: CallOptions,
  ): Promise<Answer<O extends z.ZodType ? z.output<O> : unknown>>;
  /** Sends a request as it is to a path behind `/v1/`. */
  send(path: string, init?: RequestInit): Promise<Answer>;
  close(): Promise<void>;
}

export interface ServiceOptions {
  world?: Partial<World>;
  settings?: Record<string, string>;
  /** For tests that call more often in a minute than a person may. */
  rateLimits?: RateLimits;
  /** How long a body may take to arrive. */
  bodyLimitMs?: number;
  /** Where requests are counted; nowhere when none is given. */
  figures?: FigureGatherer;
  /** Functions of the test's own, beside all there are. */
  endpoints?: Endpoint[];
}

/** Gives this test file a project, settings and secrets of its own. Call it before anything reads the settings. */
export function useOwnProject(settings: Record<string, string> = {}): string {
  const projectId = `demo-${randomBytes(6).toString('hex')}`;
  emulators();
  Object.assign(process.env, {
    GOOGLE_CLOUD_PROJECT: projectId,
    AUTH_API_KEY: projectId, // the Auth emulator reads a key of this form as the project
    JWT_SECRET: randomBytes(48).toString('hex'),
    BACKUP_SECRET: randomBytes(48).toString('hex'),
    SCHEDULER_SERVICE_ACCOUNT: `scheduler@${projectId}.iam.gserviceaccount.com`,
    TOPMEDIAI_API_KEY: randomBytes(12).toString('hex'),
    CLOUD_SCHEDULER_ENDPOINT: '127.0.0.1:9', // nobody there: a lost nudge costs nothing
    LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'silent',
    ...settings,
  });
  return projectId;
}

/** Starts all functions, with a storage that works. The address stands in SERVICE_URL from then on. */
export async function startService({ world, settings, endpoints: own = [], ...bounds }: ServiceOptions = {}): Promise<Service> {
  const directory = await mkdtemp(join(tmpdir(), 'sori-service-'));
  const projectId = useOwnProject({ MEDIA_STORES: `local:${directory}`, BACKUP_BUCKET: `local:${directory}-backups`, ...settings });
  const endpoints = [...(await loadEndpoints()), ...own];
  const instance = createInstance({ ...systemWorld, ...world }, bounds);
  const host = await startFunctions(poolWhenAsked(endpoints, instance), 0);
  const url = `http://127.0.0.1:${host.port}/v1`;
  process.env['SERVICE_URL'] = url;
  const send = async (path: string, init?: RequestInit) => {
    const answer = await sendTo(`${url}/${path}`, init);
    const contentType = answer.headers.get('content-type') ?? '';
    const fault = answerFault({ ...answer, path, method: init?.method ?? 'GET', contentType });
    if (fault) throw new Error(`${fault}. Is docs/openapi.json that of the definitions (npm run generate)?`);
    return answer;
  };
  return {
    url,
    projectId,
    endpoints,
    send,
    call: (endpoint, input, options) => callEndpoint(send, endpoint, input, options) as never,
    close: async () => {
      await host.close();
      await playsCounted();
      await closeDatabase();
      for (const made of [directory, `${directory}-backups`]) await rm(made, { recursive: true, force: true });
    },
  };
}

/** Registering reads the settings, and the address among them is known only once the host listens. */
function poolWhenAsked(endpoints: Endpoint[], instance: Instance): FunctionPool {
  let pool: FunctionPool | undefined;
  return {
    names: endpoints.map(({ name }) => name),
    answer: (...request) => {
      pool ??= registeredFunctions(endpoints, instance);
      pool.answer(...request);
    },
    close: () => Promise.resolve(),
  };
}

function callEndpoint(
  send: Service['send'],
  endpoint: Pick<Endpoint, 'name' | 'method'>,
  input: object,
  options: CallOptions = {},
): Promise<Answer> {
  const { token, headers, method = endpoint.method } = options;
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  if (endpoint.method === 'GET') {
    const query = new URLSearchParams(Object.entries(input).map(([name, value]) => [name, String(value)]));
    return send(`${endpoint.name}${query.size > 0 ? `?${query}` : ''}`, { method, headers: { ...authorization, ...headers } });
  }
  return send(endpoint.name, {
    method,
    headers: { 'content-type': 'application/json', ...authorization, ...headers },
    body: JSON.stringify(input),
  });
}

async function sendTo(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(30_000), ...init });
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  const body: unknown = /json/.test(type) && text !== '' ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, body, problem: /problem/.test(type) ? (body as Problem) : undefined, text };
}
