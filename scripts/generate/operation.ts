/** One endpoint as an operation of OpenAPI. */
import type { RegisteredEndpoint } from '../loadEndpoints.ts';
import { headerRefs, problemResponses } from './problemResponses.ts';
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
      security: securityOf(endpoint),
      parameters: parametersOf(endpoint),
      ...(method === 'POST' ? { requestBody: requestBody(endpoint) } : {}),
      responses: merge(success.byStatus, problems.byStatus),
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
    ...(output === 'bytes' ? ['Range', 'If-Range'] : []),
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
  const { output, status, alsoStatus, errors, name } = endpoint;
  if (output === 'bytes') return { byStatus: bytesResponses(), schemas: {} };
  if (errors.includes('unknown_function')) return { byStatus: {}, schemas: {} }; // its one answer is a problem
  const { schema, components } = outputSchema(output, named);
  const content = { 'application/json': { schema } };
  const headers = headerRefs(successHeaders(endpoint));
  const byStatus: Record<string, Response> = { [status]: { description: endpoint.summary, headers, content } };
  if (alsoStatus) byStatus[alsoStatus] = { description: `What ${name} has to say is bad.`, content };
  if (endpoint.cache !== 'none') byStatus[304] = { description: 'Nothing has changed since the answer that If-None-Match names.' };
  return { byStatus, schemas: components };
}

function successHeaders({ rate, idempotency, cache }: RegisteredEndpoint): string[] {
  return [
    'X-Request-Id',
    ...(rate === 'stream' ? [] : ['RateLimit', 'RateLimit-Policy']),
    ...(cache === 'none' ? [] : ['ETag']),
    ...(idempotency === 'replay' ? ['Idempotent-Replayed'] : []),
  ];
}

function bytesResponses(): Record<string, Response> {
  const file = (headers: string[]) => ({ headers: headerRefs(['X-Request-Id', ...headers]), content: { '*/*': {} } });
  return {
    200: { description: 'The whole file.', ...file(['ETag']) },
    206: { description: 'The part that Range asks for.', ...file(['ETag', 'Content-Range']) },
    302: { description: 'Where the file is.', headers: headerRefs(['X-Request-Id', 'Location']) },
    304: { description: 'Nothing has changed since the file that If-None-Match names.' },
  };
}

/** A status may stand for an answer and for a problem: then it has both forms. */
function merge(success: Record<string, Response>, problems: Record<string, object>): object {
  const both = Object.keys(success).filter((status) => status in problems);
  const merged = both.map((status) => {
    const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
    return [status, { ...success[status], content: { ...success[status]?.content, ...problem } }];
  });
  return { ...success, ...problems, ...Object.fromEntries(merged) };
}
