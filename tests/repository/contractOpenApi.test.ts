import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { z } from 'zod';
import { catalogue } from '#shared/runtime';
import { projectFolder, runCommand } from '../../scripts/check/command.ts';
import { answerFault } from '../support/answerFault.ts';

const Example = z.object({ $ref: z.string().optional(), value: z.unknown().optional() });
const Media = z.object({ schema: z.looseObject({}).optional(), examples: z.record(z.string(), Example).optional() });
const Response = z.object({ $ref: z.string().optional(), content: z.record(z.string(), Media).optional() });
const Operation = z.object({ operationId: z.string(), responses: z.record(z.string(), Response) });
const Document = z.object({
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.object({
    schemas: z.record(z.string(), z.looseObject({})),
    responses: z.record(z.string(), Response),
    examples: z.record(z.string(), z.object({ value: z.looseObject({ code: z.string() }) })),
  }),
});

const text = readFileSync(join(projectFolder, 'docs', 'openapi.json'), 'utf8');
const document = Document.parse(JSON.parse(text));
const operations = Object.values(document.paths).flatMap((path) => Object.values(path));

/** Every answer that has a form, with the examples of it. */
const answers = operations.flatMap(({ operationId, responses }) =>
  Object.entries(responses).flatMap(([status, response]) => {
    const { content = {} } = response.$ref ? document.components.responses[response.$ref.split('/').at(-1)!]! : response;
    return Object.entries(content).map(([type, media]) => ({ name: operationId, status: Number(status), type, ...media }));
  }),
);
const withSchema = answers.filter(({ schema }) => schema !== undefined);

function shownBy({ $ref, value }: z.output<typeof Example>): unknown {
  return $ref ? document.components.examples[$ref.split('/').at(-1)!]?.value : value;
}

describe('the OpenAPI document', () => {
  it('is valid, for a checker that others use too', async () => {
    const { status, output } = await runCommand('validate-api', ['docs/openapi.json']);
    expect([status, output.trim()]).toEqual([0, '{\n\t"valid": true\n}']);
  });

  it('has schemas that are JSON Schema without a misspelt word', () => {
    const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, validateFormats: false });
    const components = { $id: 'all', $defs: document.components.schemas };
    const own = (schema: object) => JSON.parse(JSON.stringify(schema).replaceAll('#/components/schemas/', 'all#/$defs/')) as object;
    ajv.addSchema(own(components));
    for (const schema of withSchema.map((answer) => answer.schema!)) ajv.compile(own(schema));
    expect(Object.keys(document.components.schemas).length).toBeGreaterThan(5);
  });

  it('shows every answer and every problem that a function has, and each as its schema has it', () => {
    const bare = withSchema.filter(({ examples = {} }) => Object.keys(examples).length === 0);
    expect(bare.map(({ name, status }) => `${name} ${status}`)).toEqual([]);
    const faults = withSchema.flatMap(({ name, status, type, examples = {} }) =>
      Object.values(examples).map((example) =>
        answerFault({ path: name, method: 'GET', status, contentType: type, body: shownBy(example) }),
      ),
    );
    expect(faults.length).toBeGreaterThan(200);
    expect(faults.filter(Boolean)).toEqual([]);
  });

  it('has an example for each code of the catalogue', () => {
    const shown = Object.entries(document.components.examples).map(([code, { value }]) => [code, value.code]);
    expect(shown).toEqual(Object.keys(catalogue).map((code) => [code, code]));
    expect(JSON.stringify(document.components.examples)).not.toContain('undefined');
  });

  it('describes files as files: by their type, with no form', () => {
    const files = answers.filter(({ schema }) => schema === undefined);
    const types = files.map(({ name, status, type }) => `${name} ${status} ${type}`);
    expect(types).toContain('streamSong 200 audio/*');
    expect(types).toContain('showImage 206 multipart/byteranges');
    expect(operations.find(({ operationId }) => operationId === 'showCover')?.responses[302]).toBeDefined();
  });
});

describe('an answer in a test', () => {
  const song = { generationId: 'gen_1' };
  const seen = { path: 'getProfile', method: 'GET', status: 200, contentType: 'application/json; charset=utf-8', body: {} };

  it('is refused when its operation does not have it: another status, another type, another form, another code', () => {
    expect(answerFault(seen)).toMatch(/^getProfile answered 200 with .*profile/);
    expect(answerFault({ ...seen, status: 418 })).toBe('getProfile answered 418, which its operation does not have');
    expect(answerFault({ ...seen, status: 404, contentType: 'application/problem+json' })).toMatch(/404, which/);
    expect(answerFault({ ...seen, contentType: 'application/ld+json' })).toMatch(/as application\/ld\+json, which/);
    const problem = { type: 'x', title: 'x', status: 400, detail: 'x', code: 'email_taken', requestId: 'x' };
    expect(answerFault({ ...seen, status: 400, contentType: 'application/problem+json', body: problem })).toMatch(/allowed values/);
    expect(answerFault({ ...seen, path: 'createSong?x=1', status: 202, body: { generation: song } })).toMatch(
      /createSong answered 202 with/,
    );
  });

  it('is let be when it is none of a described function, or has no body', () => {
    expect(answerFault({ ...seen, path: 'advanceGenerations' })).toBeUndefined();
    expect(answerFault({ ...seen, path: 'getProfile/more' })).toBeUndefined();
    expect(answerFault({ ...seen, method: 'OPTIONS', status: 204 })).toBeUndefined();
    expect(answerFault({ ...seen, method: 'HEAD', body: undefined })).toBeUndefined();
  });
});
