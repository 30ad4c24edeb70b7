/** One address for all functions, as Hosting gives them: `/v1/<name>` reaches the function of that name, and nothing is done to the request. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { DOCS_POLICY, type DocsFile } from '../docs/docsPage.ts';
import { listenAt } from './processes/port.ts';

/** The functions, however they are run. */
export interface FunctionPool {
  names: string[];
  answer(name: string, request: IncomingMessage, response: ServerResponse): void;
  close(): Promise<void>;
}

export interface FunctionsHost {
  port: number;
  /** Lets what runs finish, for at most `DRAIN_MS`. */
  close(): Promise<void>;
}

const UNKNOWN = 'answerUnknown';
const DRAIN_MS = 5_000;
/** Those of the functions' own servers: here requests reach these past the listening side. */
const LIMITS = { headersTimeout: 10_000, requestTimeout: 30_000 };

/** @param port - 0 takes a free one. @param pages - what Hosting has at /docs. @throws when the port is taken */
export async function startFunctions(pool: FunctionPool, port: number, pages?: Map<string, DocsFile>): Promise<FunctionsHost> {
  const names = new Set(pool.names);
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (path === '/') return sayWhereToGo(response);
    const page = pages?.get(/^\/docs\/?$/.test(path) ? 'docs/index.html' : path.slice(1));
    if (page) return showPage(page, response);
    const name = /^\/v1\/(\w+)\/?$/.exec(path)?.[1] ?? '';
    pool.answer(names.has(name) ? name : UNKNOWN, request, response);
  };
  const servers = [createServer(LIMITS, listener), createServer(LIMITS, listener)] as const;
  const taken = await listenAt(servers[0], port);
  // Clients differ in what they take `localhost` for. A machine without IPv6 is served by the first alone.
  await listenAt(servers[1], taken, '::1').catch(() => undefined);
  return {
    port: taken,
    close: async () => {
      await Promise.all(servers.map(drain));
      await pool.close();
    },
  };
}

async function drain(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  await Promise.race([closed, sleep(DRAIN_MS, undefined, { ref: false })]);
  server.closeAllConnections();
  await closed;
}

/** With the headers that firebase.json gives these pages. */
function showPage({ type, text }: DocsFile, response: ServerResponse): void {
  const headers = { 'Content-Type': type, 'Content-Security-Policy': DOCS_POLICY, 'X-Content-Type-Options': 'nosniff' };
  response
    .writeHead(200, { ...headers, 'X-Frame-Options': 'DENY', 'Referrer-Policy': 'no-referrer', 'Cache-Control': 'no-cache' })
    .end(text);
}

function sayWhereToGo(response: ServerResponse): void {
  const text = [
    'Sori, the back end of a music service, on this machine.',
    '소리: 음악 서비스 백엔드가 이 컴퓨터에서 실행 중입니다.',
    '',
    '  /docs            every function, for people · 함수 설명',
    '  /v1/getStatus    what is available now',
    '  /v1/getOpenApi   every function: what it takes and gives',
    '  /v1/listSongs?scope=public',
    '',
    'npm run demo makes a song, as a user would.',
    '',
  ].join('\n');
  response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' }).end(text);
}
