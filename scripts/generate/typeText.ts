/** JSON Schema as TypeScript: the part of it that zod's schemas give. */
import type { JsonSchema } from './schemas.ts';

interface Printing {
  /** How far the line is indented on which the type begins. */
  indent: string;
  /** What is sent: `undefined` may stand for what is left out, and each field tells its bounds. */
  isInput: boolean;
}

export function typeText(schema: JsonSchema, printing: Printing): string {
  if (schema.$ref) return schema.$ref.split('/').at(-1)!;
  if (schema.const !== undefined) return literal(schema.const);
  if (schema.enum) return schema.enum.map(literal).join(' | ');
  const union = schema.anyOf ?? schema.oneOf ?? (Array.isArray(schema.type) ? schema.type.map((type) => ({ ...schema, type })) : undefined);
  if (union) return union.map((each) => typeText(each as JsonSchema, printing)).join(' | ');
  if (schema.type === 'array') return listText(schema, printing);
  if (schema.type === 'object') return objectText(schema, printing);
  return PLAIN[String(schema.type)] ?? 'unknown';
}

const PLAIN: Record<string, string> = { string: 'string', integer: 'number', number: 'number', boolean: 'boolean', null: 'null' };

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value.replaceAll("'", "\\'")}'` : JSON.stringify(value);
}

function listText({ items }: JsonSchema, printing: Printing): string {
  const item = typeText((items ?? {}) as JsonSchema, printing);
  return item.includes(' | ') && !item.startsWith('{') ? `(${item})[]` : `${item}[]`;
}

function objectText(schema: JsonSchema, printing: Printing): string {
  const { properties = {}, required = [], additionalProperties, propertyNames } = schema;
  const fields = Object.entries(properties) as [string, JsonSchema][];
  const others = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  if (fields.length === 0) {
    if (!others) return 'Record<string, never>';
    const keys = typeof propertyNames === 'object' && propertyNames.enum ? propertyNames.enum.map(literal).join(' | ') : 'string';
    const record = `Record<${keys}, ${typeText(others, printing)}>`;
    return keys === 'string' || required.length > 0 ? record : `Partial<${record}>`;
  }
  const inner = `${printing.indent}  `;
  const lines = fields.map(([name, field]) => fieldText(name, field, required.includes(name), { ...printing, indent: inner }));
  if (others) lines.push(`${inner}[field: string]: unknown;\n`);
  return `{\n${lines.join('')}${printing.indent}}`;
}

function fieldText(name: string, schema: JsonSchema, isRequired: boolean, printing: Printing): string {
  const { indent, isInput } = printing;
  const type = typeText(schema, printing);
  const bounds = isInput ? boundsOf(schema) : '';
  const comment = bounds === '' ? '' : `${indent}/** ${bounds} */\n`;
  if (isRequired) return `${comment}${indent}${name}: ${type};\n`;
  return `${comment}${indent}${name}?: ${type}${isInput ? ' | undefined' : ''};\n`;
}

/** What a type cannot say. */
function boundsOf(schema: JsonSchema): string {
  const { minLength, maxLength, minimum, maximum, minItems, maxItems, default: usual } = schema;
  const found = [
    rangeOf(minLength, maxLength, 'characters'),
    rangeOf(minimum, maximum, ''),
    rangeOf(minItems, maxItems, 'items'),
    usual === undefined ? '' : `@default ${literal(usual)}`,
  ];
  return found.filter(Boolean).join('. ');
}

function rangeOf(least: number | undefined, most: number | undefined, what: string): string {
  if (least === undefined && most === undefined) return '';
  const range = least === undefined ? `at most ${most}` : most === undefined ? `at least ${least}` : `${least} to ${most}`;
  return `${range} ${what}`.trim().replace(/^./, (letter) => letter.toUpperCase());
}
