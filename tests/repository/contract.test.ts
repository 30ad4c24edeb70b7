import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { errorsOf } from '#shared/endpoint';
import { catalogue } from '#shared/runtime';
import { projectFolder } from '../../scripts/check/command.ts';
import { generatedFiles } from '../../scripts/generate/generatedFiles.ts';
import { SAMPLE_MOMENT } from '../../scripts/generate/sampleValues.ts';
import { loadEndpoints, type RegisteredEndpoint } from '../../scripts/loadEndpoints.ts';

const read = (path: string) => readFileSync(join(projectFolder, path), 'utf8');

const Parameter = z.looseObject({ name: z.string().optional(), in: z.string().optional(), required: z.boolean().optional() });
const Examples = z.record(z.string(), z.object({ summary: z.string(), value: z.unknown() }));
const Operation = z.looseObject({
  operationId: z.string(),
  tags: z.array(z.string()),
  description: z.string().min(20),
  parameters: z.array(Parameter),
  requestBody: z.object({ content: z.object({ 'application/json': z.looseObject({ examples: Examples.optional() }) }) }).optional(),
  responses: z.record(z.string(), z.looseObject({ $ref: z.string().optional() })),
});
const Document = z.looseObject({
  openapi: z.string(),
  tags: z.array(z.object({ name: z.string() })),
  paths: z.record(z.string(), z.partialRecord(z.enum(['get', 'post']), Operation)),
});

let endpoints: RegisteredEndpoint[];
let forClients: RegisteredEndpoint[];
const document = Document.parse(JSON.parse(read('docs/openapi.json')));

beforeAll(async () => {
  endpoints = await loadEndpoints();
  forClients = endpoints.filter(({ access }) => access !== 'scheduler');
});

function operationOf({ name, method }: RegisteredEndpoint): z.output<typeof Operation> {
  const operation = document.paths[`/v1/${name}`]?.[method === 'GET' ? 'get' : 'post'];
  if (!operation) throw new Error(`the document has no ${method} ${name}`);
  return operation;
}

describe('the generated files', () => {
  it('are those that the definitions give', async () => {
    const files = await generatedFiles();
    const stale = [...files].filter(([path, text]) => read(path) !== text).map(([path]) => path);
    expect(stale).toEqual([]); // npm run generate
  });

  it('hold no date and no path of the machine that made them', async () => {
    for (const [path, text] of await generatedFiles()) {
      const moments = text.replaceAll(SAMPLE_MOMENT, '').match(/\b20\d\d-\d\d-\d\dT/);
      expect({ path, holds: text.includes(projectFolder) || moments !== null }).toEqual({ path, holds: false });
    }
  });
});

describe('the OpenAPI document', () => {
  it('has a path for each function that clients may call, and no other', () => {
    expect(Object.keys(document.paths).sort()).toEqual(forClients.map(({ name }) => `/v1/${name}`).sort());
  });

  it('calls each operation by the name of its function, in the area of its folder', () => {
    const told = forClients.map(operationOf).map(({ operationId, tags }) => ({ operationId, tags }));
    expect(told).toEqual(forClients.map(({ name, area }) => ({ operationId: name, tags: [area] })));
    expect(document.tags.map(({ name }) => name)).toEqual([...new Set(forClients.map(({ area }) => area))]);
  });

  it('has examples that the functions accept', () => {
    const refused = forClients.flatMap(({ name, input, examples }) =>
      examples.filter((example) => !input.safeParse(example.input).success).map(({ title }) => `${name}: ${title}`),
    );
    expect(refused).toEqual([]);
  });

  it('shows an example of every body', () => {
    const posts = forClients.filter(({ method }) => method === 'POST');
    const bare = posts.filter((endpoint) => !operationOf(endpoint).requestBody?.content['application/json'].examples);
    expect(bare.map(({ name }) => name)).toEqual([]);
  });

  it('names every field that a GET takes, and whether it must be there', () => {
    for (const endpoint of forClients.filter(({ method }) => method === 'GET')) {
      const query = operationOf(endpoint).parameters.filter((parameter) => parameter.in === 'query');
      const fields = Object.entries(endpoint.input.shape).map(([name, field]) => ({
        name,
        required: !(field as z.ZodType).safeParse(undefined).success,
      }));
      expect(query.map(({ name, required }) => ({ name, required }))).toEqual(fields);
    }
  });

  it('tells of every problem that a call can end in', () => {
    for (const endpoint of forClients) {
      const { responses } = operationOf(endpoint);
      for (const code of errorsOf(endpoint)) {
        const response = responses[catalogue[code].status];
        const tells = response?.$ref === undefined ? response !== undefined : response.$ref.split(/[/.]/).includes(code);
        expect({ name: endpoint.name, code, tells }).toEqual({ name: endpoint.name, code, tells: true });
      }
    }
  });

  it('refers only to what it has', () => {
    const references = [...new Set(read('docs/openapi.json').match(/#\/components\/[\w./-]+/g))];
    const missing = references.filter((reference) => find(document, reference.slice(2).split('/')) === undefined);
    expect(references.length).toBeGreaterThan(20);
    expect(missing).toEqual([]);
  });
});

function find(value: unknown, [step, ...rest]: string[]): unknown {
  if (step === undefined) return value;
  return typeof value === 'object' && value !== null ? find((value as Record<string, unknown>)[step], rest) : undefined;
}
