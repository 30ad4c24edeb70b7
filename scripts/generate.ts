/**
 * `npm run generate [-- --check]`: writes every file that follows from the definitions in functions/. With `--check` it writes
 * nothing, names each file that differs, and fails when there is one.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { projectFolder } from './check/command.ts';
import { generatedFiles, OPEN_API_PATH } from './generate/generatedFiles.ts';

const isCheck = process.argv.includes('--check');
if (!isJson(read(OPEN_API_PATH))) {
  if (isCheck) fail([OPEN_API_PATH]);
  write(OPEN_API_PATH, '{}\n');
}
const files = await generatedFiles();
const stale = [...files].filter(([path, text]) => read(path) !== text);
if (!isCheck) for (const [path, text] of stale) write(path, text);
if (isCheck && stale.length > 0) fail(stale.map(([path]) => path));
console.log(stale.length === 0 ? `${files.size} generated files are up to date` : `Written: ${stale.map(([path]) => path).join(', ')}`);

function read(path: string): string | undefined {
  try {
    return readFileSync(join(projectFolder, path), 'utf8');
  } catch {
    return undefined; // not there yet
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(projectFolder, path)), { recursive: true });
  writeFileSync(join(projectFolder, path), text);
}

function isJson(text: string | undefined): boolean {
  try {
    return JSON.parse(text ?? '') !== null;
  } catch {
    return false;
  }
}

function fail(paths: string[]): never {
  for (const path of paths) console.error(`${path} does not follow from the definitions`);
  console.error('Run npm run generate, look at what has changed, and commit it.');
  process.exit(1);
}
