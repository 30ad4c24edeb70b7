/** Spoils a good input in one place, and knows what must come of it. */
import fc from 'fast-check';
import type { Endpoint } from '#shared/endpoint';
import { type Field, type Input, shapeOf } from './validInput.ts';

export interface BadInput {
  /** What was done to it. */
  how: string;
  /** Anything that JSON can hold; for a GET, an object. */
  input: unknown;
  /** Where the fault is; empty: in the whole. */
  field: string;
  statuses: number[];
}

const UNKNOWN_FIELDS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'then',
  'uid',
  'ownerId',
  'role',
  'state',
  'kind',
  '',
  ' ',
  'songId ',
  '$where',
  'a.b',
  '\u0000',
  '\u202e',
  'x'.repeat(2000),
];

const NO_OBJECTS = [null, true, 0, 'text', [], [{}], [['songId', 'x']]];

/** Every way to spoil this input; chance picks among them. */
export function badInput(endpoint: Endpoint, good: fc.Arbitrary<Input>): fc.Arbitrary<BadInput> {
  return good.chain((input) => fc.constantFrom(...waysToSpoil(endpoint, input)));
}

/** All of them, for one input. */
export function waysToSpoil(endpoint: Endpoint, input: Input): BadInput[] {
  const { fields, required } = shapeOf(endpoint);
  const unknown = UNKNOWN_FIELDS.filter((name) => !(name in fields) || !Object.hasOwn(fields, name));
  const junk = [1, 'x', { a: 1 }, deep(endpoint)];
  const ways = [
    ...unknown.map((name, at) => ({
      how: `unknown field ${name.slice(0, 20)}`,
      input: set(input, name, junk[at % junk.length]),
      field: '',
      statuses: [400],
    })),
    ...(endpoint.method === 'POST'
      ? NO_OBJECTS.map((whole) => ({ how: `no object: ${JSON.stringify(whole)}`, input: whole, field: '', statuses: [400] }))
      : []),
    ...required.map((name) => ({ how: `without ${name}`, input: set(input, name), field: name, statuses: [400] })),
    ...Object.entries(fields).flatMap(([name, field]) =>
      badValues(endpoint, name, field).map(([how, value]) => ({
        how: `${name}: ${how}`,
        input: set(input, name, value),
        field: name,
        statuses: field.type === 'array' ? [400] : statusesFor(name, typeof value, endpoint.method),
      })),
    ),
  ];
  return ways.map((way) => (isTooLong(endpoint, way) ? { ...way, statuses: [413], field: '' } : way));
}

function isTooLong({ method, resources }: Endpoint, { input }: BadInput): boolean {
  return method === 'POST' && Buffer.byteLength(JSON.stringify(input)) > resources.bodyBytes;
}

/** What names nothing is 404, whatever is wrong with it, as long as it is a text; tickets are checked before inputs are. */
function statusesFor(name: string, type: string, method: string): number[] {
  if (name === 'ticket') return [401, 400];
  return /(Ids?|^uid)$/.test(name) && (type === 'string' || method === 'GET') ? [404] : [400];
}

function badValues(endpoint: Endpoint, name: string, field: Field): [how: string, value: unknown][] {
  const inBody: [string, unknown][] = endpoint.method === 'POST' ? [...wrongTypes(endpoint, field), ...brokenTexts(name, field)] : [];
  return [...inBody, ...wrongNumbers(field), ...wrongLengths(endpoint, name, field), ...wrongChoices(field)];
}

function wrongTypes(endpoint: Endpoint, { type, isNullable }: Field): [string, unknown][] {
  const values = {
    null: null,
    boolean: true,
    number: 12345,
    string: 'text',
    array: ['a'],
    object: { a: 1 },
    'deep object': deep(endpoint),
  };
  const own = type === 'integer' ? 'number' : type;
  return Object.entries(values)
    .filter(([kind]) => kind !== own && !(isNullable && kind === 'null'))
    .map(([kind, value]) => [`a ${kind}`, value]);
}

function brokenTexts(name: string, { type, pattern, minLength = 0, enum: choices }: Field): [string, unknown][] {
  if (type !== 'string' || choices) return [];
  const filler = 'a'.repeat(Math.max(minLength, 1));
  const broken: [string, unknown][] = [
    ['a lone surrogate', `${filler}\ud83d`],
    ['NUL', `${filler}\u0000${filler}`],
  ];
  const isSecret = name === 'password'; // which may hold every character but these
  return pattern || isSecret ? broken : [...broken, ['a control character', `${filler}\u0007${filler}`]];
}

function wrongNumbers({ type, minimum, maximum }: Field): [string, unknown][] {
  if (type !== 'integer') return [];
  const beyond = [minimum === undefined ? [] : [minimum - 1], maximum === undefined ? [] : [maximum + 1]].flat();
  return [...beyond, 1e21, -1e21, 1.5, '1e1', 'one', '', '0x10', 'Infinity', 'NaN', '１２'].map((value) => [String(value), value]);
}

function wrongLengths(
  { method }: Endpoint,
  name: string,
  { type, minLength = 0, maxLength, enum: choices, pattern }: Field,
): [string, unknown][] {
  if (type !== 'string' || choices) return [];
  const short: [string, unknown][] = minLength > 0 || pattern ? [['empty', ''], ...blanks(name)] : [];
  if (maxLength === undefined) return short;
  const long: [string, unknown][] = [['one too long', 'x'.repeat(maxLength + 1)]];
  // In an address it would be too long for the server itself.
  return [...short, ...long, ...(method === 'POST' ? [['very long', '漢'.repeat(maxLength + 900)] as [string, unknown]] : [])];
}

function blanks(name: string): [string, unknown][] {
  return name === 'password' || name === 'cursor' ? [] : [['blanks', '   ']];
}

function wrongChoices({ enum: choices, type }: Field): [string, unknown][] {
  if (type === 'boolean') return ['yes', '1', 'TRUE', ''].map((value) => [`the text ${value}`, value]);
  return choices
    ? ['', 'nonsense', `${choices[0]} `, String(choices[0]).toUpperCase(), '__proto__'].map((value) => [`the text ${value}`, value])
    : [];
}

/** Also for names such as `__proto__`. Without a value, the field is left out. */
function set(input: Input, name: string, value?: unknown): Input {
  const others = Object.entries(input).filter(([other]) => other !== name);
  return Object.fromEntries(value === undefined ? others : [...others, [name, value]]);
}

function deep({ method }: Endpoint): unknown {
  const levels = method === 'GET' ? 20 : 3000;
  let value: unknown = 0;
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}
