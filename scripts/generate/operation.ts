/** One endpoint as an operation of OpenAPI. */
import type { RegisteredEndpoint } from '../loadEndpoints.ts';
import { exampleOf } from './exampleOf.ts';
import { headerRefs, problemResponses, type Responses } from './problemResponses.ts';
import { USUAL_AT_FIRST } from './sampleValues.ts';
import { inputSchema, type JsonSchema, type NamedSchemas, outputSchema } from './schemas.ts';

export interface Operation {
  path: string;
  method: 'get' | 'post';
  operation: object;
  schemas: Record<string, JsonSchema>;
  responses: Record<string, object>;
}

/** @param description - the endpoint's docstring */
export function operationOf(endpoint: RegisteredEndpoint, description: string, named: NamedSchemas): Operation {
  const { name, area, summary, method } = endpoint;
  const problems = problemResponses(endpoint);
  const success = successResponses(endpoint, named);
  return {
    path: `/v1/${name}`,
    method: method === 'GET' ? 'get' : 'post',
    operation: {
      operationId: name,
      tags: [area],
      summary,
      description,
      'x-feature': endpoint.feature,
      'x-rate': endpoint.rate,
      security: securityOf(endpoint),
      parameters: parametersOf(endpoint),
      ...(method === 'POST' ? { requestBody: requestBody(endpoint) } : {}),
      responses: merge(success.byStatus, problems),
    },
    schemas: success.schemas,
    responses: problems.components,
  };
}

function securityOf({ access, ticket }: RegisteredEndpoint): object[] {
  return [...(access === 'public' ? [{}] : []), { idToken: [] }, ...(ticket ? [{ ticket: [] }] : [])];
}

function parametersOf(endpoint: RegisteredEndpoint): object[] {
  const headers = headerParameters(endpoint).map((name) => ({ $ref: `#/components/parameters/${name}` }));
  if (endpoint.method === 'POST') return headers;
  const { properties = {}, required = [] } = inputSchema(endpoint.input);
  const query = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
    examples: examplesOf(endpoint, (input) => input[name]),
  }));
  return [...query, ...headers];
}

function headerParameters({ idempotency, output, cache }: RegisteredEndpoint): string[] {
  return [
    ...(idempotency === 'replay' ? ['Idempotency-Key'] : []),
    ...(output === 'bytes' ? ['Range', 'If-Range', 'If-Modified-Since'] : []),
    ...(output === 'bytes' || cache !== 'none' ? ['If-None-Match'] : []),
  ];
}

function requestBody(endpoint: RegisteredEndpoint): object {
  const schema = inputSchema(endpoint.input);
  const content = { 'application/json': { schema, examples: examplesOf(endpoint, (input) => input) } };
  return { required: (schema.required ?? []).length > 0, content };
}

/** Named by its place: titles are sentences. */
function examplesOf({ examples }: RegisteredEndpoint, pick: (input: Record<string, unknown>) => unknown): object | undefined {
  const picked = examples
    .map(({ title, input }, index) => [`example${index + 1}`, { summary: title, value: pick(input) }] as const)
    .filter(([, { value }]) => value !== undefined);
  return picked.length > 0 ? Object.fromEntries(picked) : undefined;
}

interface Success {
  byStatus: Record<string, Response>;
  schemas: Record<string, JsonSchema>;
}

interface Response {
  description: string;
  headers?: object;
  content?: Record<string, object>;
}

function successResponses(endpoint: RegisteredEndpoint, named: NamedSchemas): Success {
  const { output, status, alsoStatus, errors, name, ticket } = endpoint;
  if (output === 'bytes') return { byStatus: bytesResponses(ticket === 'audio' ? 'audio/*' : 'image/*'), schemas: {} };
  if (errors.includes('unknown_function')) return { byStatus: {}, schemas: {} }; // its one answer is a problem
  const { schema, components: things } = outputSchema(output, named);
  const content = (usual?: unknown[]) => {
    const value = exampleOf(schema, { things, ...(usual ? { usual } : {}) });
    return { 'application/json': { schema, examples: { example1: { summary: endpoint.summary, value } } } };
  };
  const headers = headerRefs(successHeaders(endpoint));
  const byStatus: Record<string, Response> = {
    [status]: { description: endpoint.summary, headers, content: content(status === 202 ? USUAL_AT_FIRST : undefined) },
  };
  if (alsoStatus) {
    byStatus[alsoStatus] = {
      description: `What ${name} has to say is bad.`,
      headers: headerRefs(['X-Request-Id']),
      content: content(['down']),
    };
  }
  if (endpoint.cache !== 'none') byStatus[304] = unchanged('the answer');
  return { byStatus, schemas: things };
}

function unchanged(what: string): Response {
  const headers = headerRefs(['X-Request-Id', 'ETag', 'Cache-Control']);
  return { description: `Nothing has changed since ${what} that If-None-Match names.`, headers };
}

function successHeaders({ rate, idempotency, cache }: RegisteredEndpoint): string[] {
  return [
    'X-Request-Id',
    'Cache-Control',
    ...(rate === 'stream' ? [] : ['RateLimit', 'RateLimit-Policy']),
    ...(cache === 'none' ? [] : ['ETag']),
    ...(idempotency === 'replay' ? ['Idempotent-Replayed'] : []),
  ];
}

function bytesResponses(type: string): Record<string, Response> {
  const bytes = { [type]: {} };
  const headers = headerRefs([...FILE_HEADERS, 'Content-Disposition']);
  const parts = headerRefs([...FILE_HEADERS, 'Content-Disposition', 'Content-Range']);
  return {
    200: { description: 'The whole file.', headers, content: bytes },
    206: {
      description: 'The part that Range asks for, or several in one answer.',
      headers: parts,
      content: { ...bytes, 'multipart/byteranges': {} },
    },
    302: { description: 'Where the file is.', headers: headerRefs(['X-Request-Id', 'Cache-Control', 'Location']) },
    304: unchanged('the file'),
  };
}

const FILE_HEADERS = ['X-Request-Id', 'Cache-Control', 'Accept-Ranges', 'ETag', 'Last-Modified'];

/** A status may stand for an answer and for a problem: then it has both forms. */
function merge(success: Record<string, Response>, { byStatus, components }: Responses): object {
  const both = Object.keys(success).filter((status) => status in byStatus);
  const merged = both.map((status) => {
    const name = byStatus[status]!.$ref.split('/').at(-1)!;
    const problem = components[name] as Response;
    const headers = { ...success[status]?.headers, ...problem.headers };
    return [status, { ...success[status], headers, content: { ...success[status]?.content, ...problem.content } }];
  });
  return { ...success, ...byStatus, ...Object.fromEntries(merged) };
}
