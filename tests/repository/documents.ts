/** The project's files as its documents name them, and what can be read off a page of Markdown. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../../scripts/check/command.ts';
import { readSource } from '../../scripts/check/readSource.ts';
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

interface NamedTest {
  title: string;
  file: string;
}

/** `[the title of a test](../tests/…/file.ts)`, as often as it stands in a cell. */
function testsIn(cell: string): NamedTest[] {
  return [...cell.matchAll(/\[([^\]]+)\]\(\.\.\/(tests\/[^)]+\.ts)\)/g)].map(([, title, file]) => ({ title: title!, file: file! }));
}

/** Rows whose last cell names no test, and named tests that are not there or left out. */
export function unprovenRows(rows: string[][], cells: number): string[] {
  const unproven = rows.filter((row) => row.length !== cells || testsIn(row.at(-1)!).length === 0).map(([what]) => `no test: ${what}`);
  return [...unproven, ...rows.flatMap((row) => testsIn(row.at(-1)!)).flatMap((test) => faultOf(test) ?? [])];
}

function faultOf({ title, file }: NamedTest): string | undefined {
  const { tests } = readSource(file, read(file));
  const found = tests.filter((test) => test.title === title);
  if (found.length !== 1) return `${file} has ${found.length} tests "${title}"`;
  const leftOut = tests.find(({ callee }) => !/^(describe|it|test)(\.each)?$/.test(callee));
  return leftOut && `${file}:${leftOut.line} leaves tests out: ${leftOut.callee}`;
}
