const WIDTH = 140;

/** JSON as the formatter of this project leaves it: objects by lines, a list of plain values on one line if it fits. */
export function stableJson(value: unknown): string {
  return `${write(value, 0, 0)}\n`;
}

/** @param column - where the value begins; `depth` is that of its line */
function write(value: unknown, depth: number, column: number): string {
  if (Array.isArray(value)) return writeList(value, depth, column);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  const inner = indent(depth + 1);
  const lines = fields.map(([name, field]) => {
    const start = `${inner}${JSON.stringify(name)}: `;
    return start + write(field, depth + 1, start.length);
  });
  return lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n${indent(depth)}}`;
}

function writeList(items: unknown[], depth: number, column: number): string {
  const onOneLine = `[${items.map((item) => JSON.stringify(item)).join(', ')}]`;
  const isPlain = items.every((item) => typeof item !== 'object' || item === null);
  if (isPlain && column + onOneLine.length < WIDTH) return onOneLine; // one place is kept for a comma
  const inner = indent(depth + 1);
  return `[\n${items.map((item) => inner + write(item, depth + 1, inner.length)).join(',\n')}\n${indent(depth)}]`;
}

function indent(depth: number): string {
  return '  '.repeat(depth);
}
