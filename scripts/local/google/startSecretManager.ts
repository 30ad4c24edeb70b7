/**
 * Secret Manager as a local server: what the storage key's way needs of its REST API. Nothing outlives the process.
 *
 * @see https://cloud.google.com/secret-manager/docs/reference/rest
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { crc32c } from '../objectStore/crc32c.ts';
import { closeServer, listen } from './listen.ts';
import type { LocalGoogle } from './startGoogle.ts';

export interface LocalSecretManager {
  /** `SECRET_MANAGER_ENDPOINT`. */
  url: string;
  /** Adds a version, and the secret with the first one. @param secret - `projects/<project>/secrets/<name>` */
  addVersion(secret: string, text: string): void;
  close(): Promise<void>;
}

interface SecretManagerOptions {
  port?: number;
  /** With it, callers need an access token of an account that it knows. */
  google?: Pick<LocalGoogle, 'verifyAccessToken'>;
  /** Then only these accounts may read secrets. */
  readers?: string[];
}

interface Version {
  data: Buffer;
  state: 'ENABLED' | 'DISABLED' | 'DESTROYED';
}

type Secrets = Map<string, Version[]>;

export async function startSecretManager({ port = 0, ...guard }: SecretManagerOptions = {}): Promise<LocalSecretManager> {
  const secrets: Secrets = new Map();
  const server = createServer((request, response) => {
    answer(request, secrets, guard).then(
      (body) => send(response, 200, body),
      (error) => (error instanceof Refusal ? send(response, error.code, error.body()) : response.destroy()),
    );
  });
  const url = await listen(server, port);
  return {
    url,
    addVersion: (secret, text) => add(secrets, secret, Buffer.from(text)),
    close: () => closeServer(server),
  };
}

const ADDRESS = /^\/v1\/(projects\/[^/:]+\/secrets(?:\/[\w-]+)?)(?:\/versions\/(latest|\d+))?(?::(\w+))?$/;
const NewVersion = z.object({ payload: z.object({ data: z.base64(), dataCrc32c: z.coerce.number().optional() }) });

type Guard = Pick<SecretManagerOptions, 'google' | 'readers'>;

async function answer(request: IncomingMessage, secrets: Secrets, guard: Guard): Promise<object> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const [, name = '', number = '', verb = ''] = ADDRESS.exec(pathname) ?? [];
  await checkCaller(request, guard, verb === 'access');
  const call = `${request.method} ${number && 'version'}:${verb}`;
  if (call === 'GET version:access') return access(secrets, name, number);
  if (call === 'POST :' && searchParams.has('secretId')) return create(secrets, `${name}/${searchParams.get('secretId')}`);
  if (call === 'POST :addVersion') return addGiven(secrets, name, await readJson(request));
  const state = STATES[call];
  if (!state) throw new Refusal(404, 'NOT_FOUND', 'Not found.');
  find(secrets, name, number).state = state;
  return { name: `${name}/versions/${number}`, state };
}

const STATES: Record<string, Version['state']> = {
  'POST version:enable': 'ENABLED',
  'POST version:disable': 'DISABLED',
  'POST version:destroy': 'DESTROYED',
};

function create(secrets: Secrets, secret: string): object {
  if (secrets.has(secret)) throw new Refusal(409, 'ALREADY_EXISTS', `Secret [${secret}] already exists.`);
  secrets.set(secret, []);
  return { name: secret };
}

function addGiven(secrets: Secrets, secret: string, body: unknown): object {
  const payload = NewVersion.safeParse(body).data?.payload;
  if (!payload) throw new Refusal(400, 'INVALID_ARGUMENT', 'Invalid secret payload.');
  if (!secrets.has(secret)) throw new Refusal(404, 'NOT_FOUND', `Secret [${secret}] not found.`);
  const data = Buffer.from(payload.data, 'base64');
  const isWhole = payload.dataCrc32c === undefined || payload.dataCrc32c === crc32c(data, 0);
  if (!isWhole) throw new Refusal(400, 'INVALID_ARGUMENT', 'The checksum is not of these data.');
  add(secrets, secret, data);
  return { name: `${secret}/versions/${secrets.get(secret)?.length}`, state: 'ENABLED' };
}

async function checkCaller({ headers }: IncomingMessage, { google, readers }: Guard, isAccess: boolean): Promise<void> {
  if (!google) return;
  const token = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
  const bearer = token ? await google.verifyAccessToken(token) : undefined;
  if (!bearer) throw new Refusal(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.');
  const mayRead = !readers || readers.includes(bearer.email);
  if (isAccess && !mayRead) throw new Refusal(403, 'PERMISSION_DENIED', "Permission 'secretmanager.versions.access' denied for resource.");
}

function access(secrets: Secrets, name: string, number: string): object {
  const versions = secrets.get(name) ?? [];
  const version = find(secrets, name, number);
  const path = `${name}/versions/${versions.indexOf(version) + 1}`;
  if (version.state !== 'ENABLED') throw new Refusal(400, 'FAILED_PRECONDITION', `Secret Version [${path}] is in ${version.state} state.`);
  return { name: path, payload: { data: version.data.toString('base64'), dataCrc32c: String(crc32c(version.data, 0)) } };
}

/** `latest` is the newest version, whatever its state. */
function find(secrets: Secrets, name: string, number: string): Version {
  const versions = secrets.get(name) ?? [];
  const version = number === 'latest' ? versions.at(-1) : versions[Number(number) - 1];
  if (!version) throw new Refusal(404, 'NOT_FOUND', `Secret [${name}] not found or has no versions.`);
  return version;
}

function add(secrets: Secrets, name: string, data: Buffer): void {
  secrets.set(name, [...(secrets.get(name) ?? []), { data, state: 'ENABLED' }]);
}

class Refusal extends Error {
  readonly code: number;
  readonly status: string;
  constructor(code: number, status: string, message: string) {
    super(message);
    this.code = code;
    this.status = status;
  }
  body(): object {
    return { error: { code: this.code, message: this.message, status: this.status } };
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  try {
    return JSON.parse(Buffer.concat(pieces).toString());
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' });
  response.end(JSON.stringify(body));
}
