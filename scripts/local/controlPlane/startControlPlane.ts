/**
 * Google's control plane as far as a deployment asks it, as a local server: `http://127.0.0.1:<port>/<host of the API>/…`.
 *
 * It keeps what it is told, records each request, and refuses loudly (501) whatever no stand-in knows, so that a rehearsal cannot
 * pass by accident.
 */
import { appendFileSync, mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { closeServer, listen } from '../google/listen.ts';
import { artifactRegistryRoutes } from './artifactRegistry.ts';
import { meetFault } from './faults.ts';
import { firestoreAdminRoutes } from './firestoreAdmin.ts';
import { functionsRoutes } from './functions.ts';
import { hostingRoutes } from './hosting.ts';
import { iamRoutes } from './iam.ts';
import { loggingRoutes } from './logging.ts';
import { monitoringRoutes } from './monitoring.ts';
import { projectRoutes } from './projects.ts';
import { quotaRoutes } from './quotas.ts';
import { Resources } from './resources.ts';
import { type Call, type Cloud, Refusal, type Route } from './route.ts';
import { rulesRoutes } from './rules.ts';
import { runRoutes } from './run.ts';
import { secretManagerRoutes } from './secretManager.ts';

export interface ControlPlane {
  url: string;
  cloud: Cloud;
  close(): Promise<void>;
}

export interface ControlPlaneOptions {
  directory: string;
  projectId: string;
  createKey: Cloud['createKey'];
}

const ROUTES: Route[] = [
  ...projectRoutes,
  ...iamRoutes,
  ...secretManagerRoutes,
  ...artifactRegistryRoutes,
  ...firestoreAdminRoutes,
  ...rulesRoutes,
  ...functionsRoutes,
  ...runRoutes,
  ...hostingRoutes,
  ...monitoringRoutes,
  ...loggingRoutes,
  ...quotaRoutes,
];

export async function startControlPlane({ directory, projectId, createKey }: ControlPlaneOptions): Promise<ControlPlane> {
  const resources = Resources.open(directory);
  const folders = { sourcesFolder: join(directory, 'sources'), hostingFolder: join(directory, 'hosting') };
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
  const server = createServer();
  const url = await listen(server, 0);
  const cloud: Cloud = { resources, url, projectId, ...folders, createKey };
  server.on('request', (request, response) => void handle(request, response, cloud, directory));
  const close = async () => {
    await closeServer(server);
    await resources.settled();
  };
  return { url, cloud, close };
}

async function handle(request: IncomingMessage, response: ServerResponse, cloud: Cloud, directory: string): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const [, api = '', path = '/'] = /^\/([^/]+)(\/.*)?$/.exec(pathname) ?? [];
  if (api === '') return send(response, 200, {}); // somebody looks whether anybody is here
  const method = request.method ?? 'GET';
  const asked = { api, method, path: decodeURIComponent(path) };
  let status = 200;
  try {
    const bytes = await read(request);
    const call = { ...asked, query: searchParams, bytes, parts: [], body: parsed(bytes) };
    const body = await answer(call, { api, isSigned: request.headers.authorization !== undefined }, cloud, directory);
    send(response, 200, body);
  } catch (error) {
    const refusal = error instanceof Refusal ? error : new Refusal(500, 'INTERNAL', (error as Error).message);
    status = refusal.code;
    if (status === 500) console.error(error);
    send(response, status, refusal.body());
  }
  const line = JSON.stringify({ ...asked, query: searchParams.toString(), status });
  appendFileSync(join(directory, status === 501 ? 'unknown.jsonl' : 'requests.jsonl'), `${line}\n`);
}

/** Addresses that are themselves a right: of an upload, of a token; and the functions' own look at the storage key. */
const SIGNED_ADDRESS = /^\/(upload\/|oauth2\/)|versions\/latest:access$/;

async function answer(call: Call, { api, isSigned }: { api: string; isSigned: boolean }, cloud: Cloud, directory: string): Promise<object> {
  const { method, path } = call;
  if (!isSigned && !SIGNED_ADDRESS.test(path)) throw new Refusal(401, 'UNAUTHENTICATED', 'Request had no authentication credentials.');
  const willFail = meetFault(directory, { api, method, path });
  for (const route of ROUTES) {
    const match = route.api === api && route.method === method ? route.path.exec(path) : null;
    if (!match) continue;
    const body = await route.answer({ ...call, parts: match.slice(1).map((part) => part ?? '') }, cloud);
    return willFail ? { ...body, done: true, response: undefined, error: { code: 13, message: 'The operation has failed.' } } : body;
  }
  throw new Refusal(501, 'UNIMPLEMENTED', `The rehearsal knows no ${method} ${api}${path}`);
}

function parsed(bytes: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' }).end(JSON.stringify(body));
}
