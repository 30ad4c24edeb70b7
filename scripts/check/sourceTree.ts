import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { readSource, type SourceFile } from './readSource.ts';

/** Never part of the repository, whatever stands in them. */
const OUTSIDE = new Set(['node_modules', '.git', 'dist', '.sori', 'coverage']);

/** Folders that hold code. */
const CODE_FOLDERS = ['functions', 'shared', 'scripts', 'tests'];

/** Every file of the repository by its path from `root`, with slashes; in order. */
export function listFiles(root: string, folder = ''): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true }).filter(
    ({ name }) => !OUTSIDE.has(name) && !name.endsWith('.log'),
  );
  return entries
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? listFiles(root, path) : [relative('', path).split(sep).join('/')];
    })
    .sort();
}

/** Every TypeScript file of the code folders, parsed. */
export function readSourceTree(root: string): SourceFile[] {
  return listFiles(root)
    .filter((path) => path.endsWith('.ts') && CODE_FOLDERS.includes(path.split('/')[0]!))
    .map((path) => readSource(path, readFileSync(join(root, path), 'utf8')));
}
