/**
 * The rules of the code base as functions: from parsed files to what is wrong with them. `docs/architecture.md` says why they are so.
 *
 * Each rule is on its own, so that a test can show with a few lines of text that it notices what it is there for.
 */
import { findCycles, importGraph, resolveImport } from './importGraph.ts';
import { AREAS, directionFault, SHARED } from './layers.ts';
import type { Export, SourceFile } from './readSource.ts';

export interface Violation {
  rule: string;
  path: string;
  detail: string;
}

type Rule = (files: SourceFile[]) => { path: string; detail: string }[];

const sourceRules: Record<string, Rule> = {
  'imports go down, through front doors': (files) =>
    files.flatMap(({ path, imports }) =>
      imports.flatMap(({ from, line }) => {
        const imported = resolveImport(path, from);
        const fault = imported === undefined ? undefined : directionFault(path, imported);
        return fault ? [{ path, detail: `line ${line}: ${fault}` }] : [];
      }),
    ),

  'no file imports itself through others': (files) =>
    findCycles(importGraph(files)).map((ring) => ({ path: ring[0]!, detail: [...ring, ring[0]].join(' → ') })),

  'exports have names': (files) =>
    production(files).flatMap(({ path, exports }) =>
      exports.filter(({ name }) => name === 'default' || name === '*').map(({ name }) => ({ path, detail: `exports ${name}` })),
    ),

  'the environment is read in one place': (files) =>
    production(files)
      .filter(({ path }) => path !== 'shared/runtime/config.ts')
      .flatMap(({ path, environmentLines }) => environmentLines.map((line) => ({ path, detail: `line ${line} reads the environment` }))),

  'nothing has the type any': (files) =>
    files.flatMap(({ path, anyLines }) => anyLines.map((line) => ({ path, detail: `line ${line} says any` }))),

  'no test is left out': (files) =>
    files.flatMap(({ path, tests }) =>
      tests.filter(({ callee }) => LEFT_OUT.test(callee)).map(({ line, callee }) => ({ path, detail: `line ${line}: ${callee}` })),
    ),

  'tests say what holds': (files) =>
    files.flatMap(({ path, tests }) =>
      tests
        .filter(({ title }) => /\bshould\b/i.test(title ?? ''))
        .map(({ line }) => ({ path, detail: `line ${line}: say what holds, without "should"` })),
    ),

  'files have a size one can read': (files) =>
    files.filter(isWritten).flatMap(({ path, lineCount }) => {
      const limit = lineLimitOf(path);
      return lineCount > limit ? [{ path, detail: `${lineCount} lines, at most ${limit}` }] : [];
    }),

  'functions have a size one can read': (files) =>
    files
      .filter((file) => isWritten(file) && !file.path.endsWith('.test.ts'))
      .flatMap(({ path, functions }) =>
        functions
          .filter(({ lineCount }) => lineCount > FUNCTION_LINES)
          .map(({ line, lineCount }) => ({ path, detail: `line ${line}: a function of ${lineCount} lines, at most ${FUNCTION_LINES}` })),
      ),

  'files say what they hold': (files) => files.flatMap((file) => nameFaults(file).map((detail) => ({ path: file.path, detail }))),

  'an endpoint has one name': (files) =>
    files
      .filter(({ path }) => path.startsWith('functions/'))
      .flatMap((file) => endpointFaults(file).map((detail) => ({ path: file.path, detail }))),

  'names of functions differ by more than case': (files) => {
    const endpoints = files.filter(({ path }) => path.startsWith('functions/'));
    const seen = new Map<string, string>();
    return endpoints.flatMap(({ path }) => {
      const name = stem(path).toLowerCase();
      const other = seen.get(name);
      seen.set(name, path);
      return other ? [{ path, detail: `the same as ${other} in lower case, and Cloud Run knows no other` }] : [];
    });
  },
};

/** @returns every violation of every rule of source files */
export function checkSources(files: SourceFile[]): Violation[] {
  return Object.entries(sourceRules).flatMap(([rule, check]) => check(files).map((found) => ({ rule, ...found })));
}

const LEFT_OUT = /^[xf](it|test|describe)\b|\.(skip|only|todo|failing)\b/;
const FUNCTION_LINES = 50;

function lineLimitOf(path: string): number {
  if (path.startsWith('functions/')) return 80;
  return path.startsWith('tests/') ? 300 : 250;
}

const CAMEL_CASE = /^[a-z][a-zA-Z0-9]*$/;
const TEST_NAME = /^(g\d{2}-)?[a-z][a-zA-Z0-9]*$/;
const EMPTY_NAMES = /^(utils?|helpers?|common|misc|types?|constants?|lib|stuff|shared)$/i;

function nameFaults({ path, exports }: SourceFile): string[] {
  const name = stem(path);
  const isTest = path.endsWith('.test.ts');
  if (!(isTest ? TEST_NAME : CAMEL_CASE).test(name)) return [`${name} is not in camelCase`];
  if (EMPTY_NAMES.test(name)) return [`${name} says nothing: name the idea`];
  const isNamed = IDEAS.has(name) || !hasOneMainExport(exports) || exports.some((exported) => speaksOf(exported.name, name));
  return isNamed ? [] : [`gives out ${exports[0]?.name}, but is not called like it`];
}

/** Files that may stand for an idea whatever they give out: most concerns have some of them. */
const IDEAS = new Set(['index', 'schema', 'store', 'port', 'errors', 'idempotency', 'ledger', 'manifest', 'openapi', 'signing']);

/** A file that gives out one thing, besides its types, bears its name; others are named for what their parts have in common. */
function hasOneMainExport(exports: Export[]): boolean {
  const values = exports.filter(({ isType }) => !isType);
  const names = new Set((values.length > 0 ? values : exports).map(({ name }) => name));
  return names.size === 1 && !names.has('default');
}

/** Every word of the name is in the export's, in any order: `ids` speaks of `newId`, `gcsUpload` of `uploadToGcs`. */
function speaksOf(exported: string, name: string): boolean {
  const plain = exported.replaceAll('_', '').toLowerCase();
  return name.split(/(?=[A-Z])/).every((word) => plain.includes(word.toLowerCase().replace(/s$/, '')));
}

function endpointFaults({ path, exports, endpointNames }: SourceFile): string[] {
  const [name, area] = [stem(path), path.split('/')[1]!];
  const exported = exports.map((each) => each.name).join(', ');
  const faults = AREAS.includes(area) ? [] : [`there is no area ${area}`];
  if (exported !== name) faults.push(`exports ${exported || 'nothing'}, not just ${name}`);
  if (endpointNames.join() !== name) faults.push(`defines ${endpointNames.join(', ') || 'no endpoint'}, not ${name}`);
  return faults;
}

function production(files: SourceFile[]): SourceFile[] {
  return files.filter(({ path }) => /^(functions|shared)\//.test(path));
}

function isWritten({ path }: SourceFile): boolean {
  return !path.includes('.generated.');
}

function stem(path: string): string {
  return path
    .split('/')
    .at(-1)!
    .replace(/(\.generated|\.test)?\.ts$/, '');
}

const FILES_IN_FOLDER = 20;
/** Their files are numbered, so that one finds his way among many. */
const NUMBERED = ['docs/decisions', 'tests/guarantees'];
const TOP_FOLDERS = /^(functions|shared|scripts|tests|docs)\//;

/** Where files stand: three levels, four in `scripts` and `tests`; no crowded folder; no folder that nobody declared. */
export function checkPlaces(paths: string[]): Violation[] {
  const placed = paths.filter((path) => TOP_FOLDERS.test(path));
  const crowds = Map.groupBy(placed, (path) => path.slice(0, path.lastIndexOf('/')));
  return [
    ...placed.filter(isTooDeep).map((path) => ({ rule: 'folders are shallow', path, detail: 'stands too deep' })),
    ...[...crowds]
      .filter(([folder, inside]) => inside.length > FILES_IN_FOLDER && !NUMBERED.includes(folder))
      .map(([path, inside]) => ({ rule: 'folders can be overlooked', path, detail: `${inside.length} files, at most ${FILES_IN_FOLDER}` })),
    ...placed
      .filter((path) => path.startsWith('shared/') && !((path.split('/')[1] ?? '') in SHARED))
      .map((path) => ({ rule: 'every part has its layer', path, detail: 'its folder stands in no layer of layers.ts' })),
  ];
}

function isTooDeep(path: string): boolean {
  const levelCount = path.split('/').length;
  if (/^(functions|shared)\//.test(path)) return levelCount !== 3;
  return levelCount > 4;
}
