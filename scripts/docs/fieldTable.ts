import type { Schema } from './document.ts';
import { type Html, html } from './html.ts';

/** The fields of an object, nested ones under their path, as a table; for anything else a line. */
export function fieldTable(schema: Schema, caption: string): Html {
  const rows = rowsOf(schema, '');
  if (rows.length === 0) return html`<p>${typeOf(schema)}</p>\n`;
  return html`<div class="scroll"><table>
<caption class="facts">${caption}</caption>
<thead><tr><th scope="col">field</th><th scope="col">type</th><th scope="col">notes</th></tr></thead>
<tbody>
${rows.map(({ path, type, notes }) => html`<tr><td><code>${path}</code></td><td>${type}</td><td>${notes}</td></tr>\n`)}</tbody>
</table></div>\n`;
}

interface Row {
  path: string;
  type: Html;
  notes: string;
}

function rowsOf({ properties = {}, required = [] }: Schema, parent: string): Row[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = parent + name;
    const notes = [required.includes(name) ? '' : 'may be left out', ...notesOf(schema)].filter(Boolean).join('; ');
    const inside = insideOf(schema);
    return [{ path, type: typeOf(schema), notes }, ...(inside ? rowsOf(inside.schema, `${path}${inside.mark}.`) : [])];
  });
}

function insideOf(schema: Schema): { schema: Schema; mark: string } | undefined {
  if (schema.properties) return { schema, mark: '' };
  if (schema.items) {
    const inside = insideOf(schema.items);
    return inside && { schema: inside.schema, mark: `[]${inside.mark}` };
  }
  return schema.anyOf?.map(insideOf).find(Boolean);
}

/** Named things lead to their own table. */
function typeOf(schema: Schema): Html {
  if (schema.$ref) {
    const name = schema.$ref.split('/').at(-1)!;
    return html`<a href="#${name}">${name}</a>`;
  }
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.enum) return joined(schema.enum.map((value) => html`<code>${JSON.stringify(value)}</code>`));
  if (schema.anyOf) return joined(schema.anyOf.map(typeOf));
  if (schema.items) return html`list of ${typeOf(schema.items)}`;
  if (typeof schema.additionalProperties === 'object' && !schema.properties) return html`map of ${typeOf(schema.additionalProperties)}`;
  if (schema.format === 'date-time') return html`time`;
  return html`${[schema.type ?? 'anything'].flat().join(' or ')}`;
}

function joined(parts: Html[]): Html {
  return html`${parts.map((part, at) => (at === 0 ? part : html` or ${part}`))}`;
}

function notesOf({ minLength, maxLength, minimum, maximum, minItems, maxItems, default: usual, description, format }: Schema): string[] {
  return [
    description ?? '',
    range(minLength, maxLength, 'characters'),
    range(minimum, maximum, ''),
    range(minItems, maxItems, 'items'),
    usual === undefined ? '' : `usually ${JSON.stringify(usual)}`,
    format === 'date-time' ? 'ISO 8601, UTC' : '',
  ];
}

function range(least: number | undefined, most: number | undefined, what: string): string {
  if (least === undefined && most === undefined) return '';
  const text = least === undefined ? `at most ${most}` : most === undefined ? `at least ${least}` : `${least} to ${most}`;
  return `${text} ${what}`.trim();
}
