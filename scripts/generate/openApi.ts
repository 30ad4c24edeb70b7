/** The OpenAPI document: what clients can call. Scheduled functions are not for them and stay out. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { projectFolder } from '../check/command.ts';
import type { RegisteredEndpoint } from '../loadEndpoints.ts';
import { leadingDocstring } from './docstring.ts';
import { AREA_TITLES, HEADERS, OVERVIEW, PARAMETERS, SECURITY_SCHEMES, SERVERS } from './openApiParts.ts';
import { type Operation, operationOf } from './operation.ts';
import { PROBLEM_SCHEMA, problemExamples } from './problemResponses.ts';
import type { NamedSchemas } from './schemas.ts';

const Package = z.object({ version: z.string(), license: z.string() });

export async function openApi(endpoints: RegisteredEndpoint[], named: NamedSchemas): Promise<object> {
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
    info: {
      title: 'Sori',
      summary: 'The back end of an AI-music service',
      description: OVERVIEW,
      version,
      license: { name: license, identifier: license },
    },
    servers: SERVERS,
    tags: [...new Set(forClients.map(({ area }) => area))].map((name) => ({ name, description: AREA_TITLES[name] ?? name })),
    paths: pathsOf(operations),
    components: {
      schemas: sorted({ Problem: PROBLEM_SCHEMA, ...Object.assign({}, ...operations.map(({ schemas }) => schemas)) }),
      responses: sorted(Object.assign({}, ...operations.map(({ responses }) => responses))),
      examples: problemExamples(),
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
