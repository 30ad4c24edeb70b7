/** Whether an answer is one that `docs/openapi.json` promises: every JSON answer that a test gets is held against it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { projectFolder } from '../../scripts/check/command.ts';

export interface SeenAnswer {
  /** Path and query behind the service's address: `createSong`, `listSongs?scope=public`. */
  path: string;
  method: string;
  status: number;
  contentType: string;
  /** The parsed JSON, if it is JSON. */
  body: unknown;
}

interface Described {
  $ref?: string;
  content?: Record<string, object>;
}

type Operation = { responses: Record<string, Described> };

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { responses: Record<string, Described> };
}

const DOCUMENT = 'openapi.json';
/** A query of many kilobytes never reaches a function: Node's server refuses it. */
const TOO_LONG_FOR_NODE = 431;

let loaded: { document: Document; ajv: Ajv2020 } | undefined;

/** Read at the first answer. Formats are not looked at: zod does that where answers are made. */
function load(): NonNullable<typeof loaded> {
  if (loaded) return loaded;
  const document = JSON.parse(readFileSync(join(projectFolder, 'docs', DOCUMENT), 'utf8')) as Document;
  const ajv = new Ajv2020({ strict: false, validateFormats: false, validateSchema: false });
  loaded = { document, ajv: ajv.addSchema(document, DOCUMENT) };
  return loaded;
}

/** @returns what is wrong with the answer, or nothing when it is as described or comes from no function that is described */
export function answerFault({ path, method, status, contentType, body }: SeenAnswer): string | undefined {
  const { document, ajv } = load();
  const name = /^(\w+)(\?|$)/.exec(path)?.[1];
  const [verb, operation] = Object.entries(document.paths[`/v1/${name}`] ?? {})[0] ?? [];
  if (!operation || !verb || method === 'OPTIONS' || status === TOO_LONG_FOR_NODE) return undefined;
  const place = ['paths', `/v1/${name}`, verb, 'responses', String(status)];
  const described = operation.responses[status];
  if (!described) return `${name} answered ${status}, which its operation does not have`;
  const type = contentType.split(';', 1)[0]!;
  if (body === undefined || !type.includes('json')) return undefined;
  const home = described.$ref ? described.$ref.slice(2).split('/') : place;
  const content = described.$ref ? document.components.responses[home.at(-1)!]?.content : described.content;
  if (!content?.[type]) return `${name} answered ${status} as ${type}, which its operation does not have`;
  const validate = ajv.getSchema(`${DOCUMENT}#/${[...home, 'content', type, 'schema'].map(asStep).join('/')}`);
  if (!validate) return `${name} has no schema for its ${status}`;
  return validate(body) ? undefined : `${name} answered ${status} with ${ajv.errorsText(validate.errors)}`;
}

/** @see RFC 6901, 3, and its section 6 on fragments of addresses */
function asStep(step: string): string {
  return encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'));
}
