/** The OpenAPI document: what clients can call. Scheduled functions are not for them and stay out. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { projectFolder } from '../check/command.ts';
import type { RegisteredEndpoint } from '../loadEndpoints.ts';
import { leadingDocstring } from './docstring.ts';
import { type Operation, operationOf } from './operation.ts';
import { PROBLEM_SCHEMA } from './problemResponses.ts';
import { readNamedSchemas } from './schemas.ts';

const Package = z.object({ version: z.string(), license: z.string() });

export async function openApi(endpoints: RegisteredEndpoint[]): Promise<object> {
  const named = await readNamedSchemas();
  const forClients = endpoints.filter(({ access }) => access !== 'scheduler');
  const operations = await Promise.all(
    forClients.map(async (endpoint) => {
      const source = await readFile(join(projectFolder, endpoint.file), 'utf8');
      return operationOf(endpoint, leadingDocstring(source), named);
    }),
  );
  const { version, license } = Package.parse(JSON.parse(await readFile(join(projectFolder, 'package.json'), 'utf8')));
  return {
    openapi: '3.1.1',
    info: { title: 'Sori', summary: 'The back end of an AI-music service', version, license: { name: license, identifier: license } },
    servers: SERVERS,
    tags: [...new Set(forClients.map(({ area }) => area))].map((name) => ({ name })),
    paths: pathsOf(operations),
    components: {
      schemas: sorted({ Problem: PROBLEM_SCHEMA, ...Object.assign({}, ...operations.map(({ schemas }) => schemas)) }),
      responses: sorted(Object.assign({}, ...operations.map(({ responses }) => responses))),
      parameters: PARAMETERS,
      headers: HEADERS,
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

function pathsOf(operations: Operation[]): object {
  return Object.fromEntries(operations.map(({ path, method, operation }) => [path, { [method]: operation }]));
}

function sorted(parts: Record<string, object>): Record<string, object> {
  return Object.fromEntries(Object.entries(parts).sort(([left], [right]) => (left < right ? -1 : 1)));
}

const SERVERS = [
  { url: 'https://{project}.web.app', description: 'Firebase Hosting', variables: { project: { default: 'sori' } } },
  { url: 'http://localhost:8080', description: 'npm start' },
];

const SECURITY_SCHEMES = {
  idToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An ID token of Firebase Auth, as signIn gives it.' },
  ticket: {
    type: 'apiKey',
    in: 'query',
    name: 'ticket',
    description: 'For players and pictures, which send no headers: from getPlayback.',
  },
};

const text = { type: 'string' };
const count = { type: 'integer', minimum: 0 };

const PARAMETERS = {
  'Idempotency-Key': {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'Makes a repetition within 24 hours the same request, instead of another.',
    schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,128}$' },
  },
  Range: { name: 'Range', in: 'header', description: 'RFC 9110, 14.2.', schema: text },
  'If-Range': { name: 'If-Range', in: 'header', description: 'RFC 9110, 13.1.5.', schema: text },
  'If-None-Match': { name: 'If-None-Match', in: 'header', description: 'RFC 9110, 13.1.2.', schema: text },
};

const HEADERS = {
  'X-Request-Id': { description: 'Names this request in our logs.', schema: text },
  RateLimit: { description: "What is left of the signed-in caller's window, and the seconds until it ends.", schema: text },
  'RateLimit-Policy': { description: 'How many requests a window allows, and its seconds.', schema: text },
  'Retry-After': { description: 'Seconds until a repetition makes sense.', schema: count },
  'WWW-Authenticate': { description: 'RFC 9110, 11.6.1.', schema: text },
  Allow: { description: 'The methods that the function takes.', schema: text },
  ETag: { description: 'RFC 9110, 8.8.3.', schema: text },
  'Content-Range': { description: 'RFC 9110, 14.4.', schema: text },
  Location: { description: 'A URL that works for a while.', schema: { type: 'string', format: 'uri' } },
  'Idempotent-Replayed': { description: '`true` when the request had been done before.', schema: text },
};
