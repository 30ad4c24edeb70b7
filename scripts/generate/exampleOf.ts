import { SAMPLE_MOMENT, SAMPLE_VALUES, USUAL_VALUES, USUALLY_NULL } from './sampleValues.ts';
import type { JsonSchema } from './schemas.ts';

interface Showing {
  /** What `#/components/schemas/` refers to. */
  things: Record<string, JsonSchema>;
  /** The field that the value is for. */
  field?: string;
  /** Chosen where it is among several. */
  usual?: unknown[];
}

/** A value that the schema allows, as an example for readers: by the field's name where that is known, else by the type. */
export function exampleOf(schema: JsonSchema, showing: Showing): unknown {
  const { things, field = '', usual = USUAL_VALUES } = showing;
  if (schema.$ref) return exampleOf(things[schema.$ref.split('/').at(-1)!]!, showing);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum.find((value) => usual.includes(value)) ?? schema.enum[0];
  const choices = choicesOf(schema);
  if (choices) {
    const isNull = ({ type }: JsonSchema) => type === 'null';
    if (USUALLY_NULL.includes(field) && choices.some(isNull)) return null;
    const values = choices.filter((each) => !isNull(each)).map((each) => exampleOf(each, showing));
    return values.find((value) => usual.includes(value)) ?? values[0] ?? null;
  }
  const sample = SAMPLE_VALUES[field];
  if (sample !== undefined && isOfType(sample, schema)) return sample;
  if (schema.type === 'array') return [exampleOf((schema.items ?? {}) as JsonSchema, { ...showing, field: field.replace(/s$/, '') })];
  if (schema.type === 'object') return objectOf(schema, showing);
  return plainOf(schema, field);
}

function choicesOf(schema: JsonSchema): JsonSchema[] | undefined {
  if (Array.isArray(schema.type)) return schema.type.map((type) => ({ ...schema, type }));
  return (schema.anyOf ?? schema.oneOf) as JsonSchema[] | undefined;
}

function isOfType(sample: unknown, { type, minimum = -Infinity, maximum = Infinity }: JsonSchema): boolean {
  if (Array.isArray(sample)) return type === 'array';
  if (typeof sample === 'number') return (type === 'integer' || type === 'number') && sample >= minimum && sample <= maximum;
  return typeof sample === type;
}

function objectOf({ properties = {}, additionalProperties, propertyNames }: JsonSchema, showing: Showing): object {
  const fields = Object.entries(properties) as [string, JsonSchema][];
  const named = fields.map(([field, schema]): [string, unknown] => [field, exampleOf(schema, { ...showing, field })]);
  const keys = typeof propertyNames === 'object' ? (propertyNames.enum ?? []) : [];
  if (keys.length === 0 || typeof additionalProperties !== 'object') return Object.fromEntries(named);
  return Object.fromEntries(keys.map((key) => [key, exampleOf(additionalProperties as JsonSchema, showing)]));
}

function plainOf({ type, format, minimum = 0 }: JsonSchema, field: string): unknown {
  if (type === 'boolean') return true;
  if (type === 'integer' || type === 'number') return Math.max(minimum, 1);
  if (format === 'date-time' || field.endsWith('At')) return SAMPLE_MOMENT;
  if (format === 'uri') return SAMPLE_VALUES['url'];
  return type === 'string' ? field : null;
}
