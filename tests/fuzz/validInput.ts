/** From the schema of a function's input to inputs that it takes: what JSON Schema says of each field, and the schema itself as judge. */
import fc from 'fast-check';
import { z } from 'zod';
import type { Endpoint } from '#shared/endpoint';

export type Input = Record<string, unknown>;

/** What JSON Schema says of one field, as far as it is used here. */
export interface Field {
  type?: string;
  /** Null is a value of it too. */
  isNullable?: boolean;
  enum?: (string | number)[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  items?: Field;
  minItems?: number;
  maxItems?: number;
}

export interface InputShape {
  fields: Record<string, Field>;
  required: string[];
}

export function shapeOf({ input }: Pick<Endpoint, 'input'>): InputShape {
  const { properties = {}, required = [] } = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' });
  return { fields: Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, fieldOf(field as JsonSchema)])), required };
}

type JsonSchema = Field & { anyOf?: Field[] };

function fieldOf({ anyOf = [], ...field }: JsonSchema): Field {
  const [own, ...more] = anyOf.filter(({ type }) => type !== 'null');
  return own && more.length < anyOf.length - 1 ? { ...field, ...own, isNullable: true } : field;
}

/** Where chance finds nothing that works: real ids, real keys of pages. Each is taken half of the time. */
export type Known = Record<string, string[]>;

export function validInput(endpoint: Endpoint, known: Known): fc.Arbitrary<Input> {
  const { fields, required } = shapeOf(endpoint);
  const own = Object.entries(fields).filter(([name]) => name !== 'ticket'); // one by chance is a 401, before anything else is looked at
  const arbitraries = own.map(([name, field]) => [name, valuesOf(endpoint.name, name, field, known[name])] as const);
  return fc
    .record(Object.fromEntries(arbitraries), { requiredKeys: required })
    .map((input) => ({ ...input }))
    .filter((input) => endpoint.input.safeParse(input).success);
}

function valuesOf(endpoint: string, name: string, field: Field, known: string[] = []): fc.Arbitrary<unknown> {
  const some = arbitraryFor(name, field, known);
  if (some && field.isNullable) return fc.option(some);
  if (!some) throw new Error(`${endpoint} takes a ${field.type} as ${name}: teach tests/fuzz/validInput.ts to make one`);
  if (field.type === 'array') return some;
  return known.length > 0 ? fc.oneof(fc.constantFrom(...known), some) : some;
}

/** @param known - of a list: what may stand in it besides */
function arbitraryFor(name: string, field: Field, known: string[] = []): fc.Arbitrary<unknown> | undefined {
  if (field.enum) return fc.constantFrom(...field.enum);
  if (field.type === 'boolean') return fc.boolean();
  if (field.type === 'integer') return fc.integer({ min: field.minimum ?? -(2 ** 31), max: field.maximum ?? 2 ** 31 });
  if (field.type === 'array' && field.items) {
    const item = arbitraryFor(name, field.items);
    return (
      item &&
      fc.array(known.length > 0 ? fc.oneof(fc.constantFrom(...known), item) : item, {
        minLength: field.minItems ?? 0,
        maxLength: Math.min(field.maxItems ?? 10, 10),
      })
    );
  }
  return field.type === 'string' ? texts(name, field) : undefined;
}

const LONGEST_OFTEN = 40;

function texts(name: string, { pattern, minLength = 0, maxLength = LONGEST_OFTEN }: Field): fc.Arbitrary<string> {
  if (name === 'email') return fc.emailAddress();
  if (pattern) return fc.stringMatching(new RegExp(pattern), { maxLength });
  const short = { minLength, maxLength: Math.min(maxLength, LONGEST_OFTEN) };
  return fc.oneof(
    fc.string({ unit: 'grapheme', ...short }),
    fc.string({ unit: 'grapheme-ascii', ...short }),
    fc.constantFrom('a', '가', 'é').map((letter) => letter.repeat(maxLength)),
  );
}
