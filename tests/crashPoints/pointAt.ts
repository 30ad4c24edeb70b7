import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The name of the point whose `await` begins what is looked for, wherever it stands now. @param file - from the project's folder */
export function pointAt(file: string, wanted: RegExp): string {
  const code = readFileSync(path.join(import.meta.dirname, '..', '..', file), 'utf8');
  const [found, ...others] = [...code.matchAll(new RegExp(wanted, 'g'))];
  if (!found || others.length > 0) throw new Error(`${wanted} stands in ${file} ${others.length + (found ? 1 : 0)} times, not once`);
  const lines = code.slice(0, found.index).split('\n');
  return `${file}:${lines.length}:${lines.at(-1)!.length + 1}`;
}
