import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { projectFolder, runCommand } from '../../scripts/check/command.ts';
import { loadEndpoints } from '../../scripts/loadEndpoints.ts';

const WRONG = {
  'without what must be given': 'client.createSong({});',
  'with a field that the function does not take': "client.createSong({ prompt: 'x', mood: 'calm' });",
  'with a value that is none of those': "client.createSong({ prompt: 'x', visibility: 'everybody' });",
  'with text for a number': "client.listSongs({ scope: 'public', limit: '10' });",
  'with a field where nothing is taken': "client.getProfile({ uid: 'x' });",
  'without an input where one is needed': 'client.getSong();',
  'with a function that there is not': 'client.createAlbum({});',
  'with a function of the Scheduler': 'client.advanceGenerations({});',
  'with the pages of what is no list': "client.getSong.all({ songId: 'x' });",
  'with another answer': "(await client.createSong({ prompt: 'x' })).song;",
  'with a field that a thing does not have': "(await client.getSong({ songId: 'x' })).song.price;",
  'with the length of what may be null': "(await client.getSong({ songId: 'x' })).song.lyrics.length;",
  'with a code that is not in the catalogue': "error.code === 'no_such_code';",
  'with the time of a document as text': 'stored.createdAt.slice(0, 10);',
};
const RIGHT = [
  "const state: Generation['state'] = (await client.createSong({ prompt: 'x', title: undefined })).generation.state;",
  "for await (const song of client.listSongs.all({ scope: 'mine' })) song.title satisfies string;",
  "client.showImage.url({ imageId: 'x', size: 'thumb' }) satisfies string;",
  'await client.listGenerations();',
  'await client.getProfile({}, { signal: AbortSignal.timeout(1000) });',
  "error.code === 'daily_songs_reached' || error.code === 'no_answer';",
  'stored.createdAt satisfies Date;',
];
const LINES = [
  "import { type Client, type Generation, type Song, SoriError, type Stored } from 'sori-client';",
  'declare const [client, error, stored]: [Client, SoriError, Stored<Song, Date>];',
  ...Object.values(WRONG),
  ...RIGHT,
];
const lineOf = (code: string) => LINES.indexOf(code) + 1;

let folder: string;
let document: string;
let linesRefused: number[];

beforeAll(async () => {
  const cache = path.join(projectFolder, 'node_modules', '.cache');
  await mkdir(cache, { recursive: true });
  folder = await mkdtemp(path.join(cache, 'sori-examples-')); // inside the project: the examples import its packages
  document = await readFile(path.join(projectFolder, 'docs', 'clients.md'), 'utf8');
  const calls = path.join(folder, 'calls.ts');
  await writeFile(calls, LINES.join('\n'));
  linesRefused = [...(await compile('calls', [calls])).matchAll(/^\S+\((\d+),/gm)].map(([, line]) => Number(line));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const CLIENT = path.join(projectFolder, 'shared', 'client', 'index.ts');

/** As an app has it that knows browsers and nothing of Node. */
const SETTINGS = {
  target: 'es2022',
  lib: ['es2022', 'dom', 'dom.iterable', 'dom.asynciterable'],
  types: [],
  module: 'esnext',
  moduleResolution: 'bundler',
  moduleDetection: 'force',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  allowImportingTsExtensions: true,
  noEmit: true,
  skipLibCheck: true,
  paths: { 'sori-client': [CLIENT] },
};

async function compile(name: string, files: string[], settings: object = {}): Promise<string> {
  const project = path.join(folder, `${name}.json`);
  await writeFile(project, JSON.stringify({ compilerOptions: { ...SETTINGS, ...settings }, files }));
  return (await runCommand('tsc', ['--project', project])).output;
}

describe('The client', () => {
  it('compiles where there is a browser and no Node, in ES2022', async () => {
    expect(await compile('client', [CLIENT])).toBe('');
  });

  it.each(Object.entries(WRONG))('does not compile: %s', (_what, code) => {
    expect([code, linesRefused.includes(lineOf(code))]).toEqual([code, true]);
  });

  it.each(RIGHT)('compiles: %s', (code) => {
    expect([code, linesRefused.includes(lineOf(code))]).toEqual([code, false]);
  });
});

describe('docs/clients.md', () => {
  it('has examples that compile', async () => {
    const examples = [...document.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => code!);
    expect(examples.length).toBeGreaterThanOrEqual(6);
    const files = examples.map((_code, at) => path.join(folder, `example${at + 1}.ts`));
    await Promise.all(files.map((file, at) => writeFile(file, examples[at]!)));
    expect(await compile('examples', files)).toBe('');
    await writeFile(files[0]!, examples[0]!.replace('prompt:', 'promptt:'));
    expect(await compile('wrong', files)).toContain("'promptt' does not exist");
  });

  it('calls no function that there is not', async () => {
    const names = new Set((await loadEndpoints()).map(({ name }) => name));
    const called = [...document.matchAll(/(?<!\/emulator)\/v1\/(\w+)|\bsori\.(\w+)/g)].map(([, path, method]) => path ?? method!);
    expect(called.length).toBeGreaterThan(15);
    expect(called.filter((name) => !names.has(name) && !['uploadImage', 'web', 'example'].includes(name))).toEqual([]);
  });
});
