/** The project's files as its documents name them, and what can be read off a page of Markdown. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../../scripts/check/command.ts';
import { listFiles } from '../../scripts/check/sourceTree.ts';

export const paths = listFiles(projectFolder);

export function read(path: string): string {
  return readFileSync(join(projectFolder, path), 'utf8');
}

/** What stands between backticks, but for blocks of code. */
export function quoted(text: string): string[] {
  return [...withoutBlocks(text).matchAll(/`([^`\n]+)`/g)].map(([, inside]) => inside!);
}

export function withoutBlocks(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, '').replace(/^ {4}.*$/gm, '');
}

export function headings(text: string): { level: number; text: string }[] {
  return [...withoutBlocks(text).matchAll(/^(#+) (.+)$/gm)].map(([, marks, title]) => ({ level: marks!.length, text: title! }));
}

/** The rows of the table under a heading, cell by cell, without its head. */
export function tableUnder(path: string, heading: string): string[][] {
  const [, section = ''] = `\n${read(path)}`.split(`\n${heading}\n`);
  const lines = section.split(/\n##? /)[0]!.split('\n');
  const first = lines.findIndex((line) => line.startsWith('|'));
  const length = lines.slice(first).findIndex((line) => !line.startsWith('|'));
  const rows = lines.slice(first + 2, length < 0 ? undefined : first + length);
  if (first < 0 || rows.length === 0) throw new Error(`${path} has no table under ${heading}`);
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

export const first = (cell: string | undefined) => quoted(cell ?? '')[0] ?? '';
