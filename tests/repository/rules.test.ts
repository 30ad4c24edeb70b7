/** Each rule of the code base is shown to notice what it is there for, and to let the nearest harmless thing pass. */
import { describe, expect, it } from '@jest/globals';
import { checkSources } from '../../scripts/check/architecture.ts';
import { readSource } from '../../scripts/check/readSource.ts';

/** What the rules say about files given as path and text. */
function faultsOf(files: Record<string, string>): string[] {
  return checkSources(Object.entries(files).map(([path, text]) => readSource(path, text))).map(({ path, detail }) => `${path}: ${detail}`);
}

describe('directions of imports', () => {
  it.each([
    ['shared/runtime/log.ts', '#shared/access', 'shared/runtime must not know shared/access'],
    ['shared/access/need.ts', '#shared/limits', 'shared/access must not know shared/limits'],
    ['shared/media/gcs.ts', '#shared/music', 'shared/media must not know shared/music'],
    ['shared/limits/quota.ts', '#shared/songs', 'shared/limits must not know shared/songs'],
    ['shared/accounts/store.ts', '#shared/songs', 'shared/accounts must not know shared/songs'],
    ['shared/songs/store.ts', '#shared/endpoint', 'shared/songs must not know shared/endpoint'],
    ['shared/endpoint/parse.ts', '#shared/songs', 'shared/endpoint must not know shared/songs'],
    ['shared/songs/store.ts', '../../scripts/start.ts', 'shared/songs must not know scripts'],
    ['shared/songs/store.ts', '../../functions/songs/getSong.ts', 'shared/songs must not know functions'],
    ['functions/songs/getSong.ts', './listSongs.ts', 'functions must not know functions'],
    ['scripts/start.ts', '../tests/support/callers.ts', 'scripts must not know tests'],
    ['shared/songs/store.ts', '../runtime/log.ts', 'shared/runtime is reached by its front door only: #shared/runtime'],
    ['scripts/start.ts', '../shared/runtime/log.ts', 'shared/runtime is reached by its front door only: #shared/runtime'],
  ])('%s may not import %s', (path, from, fault) => {
    const forms = [
      `import { x } from '${from}';`,
      `import type { X } from '${from}';`,
      `export { x } from '${from}';`,
      `void import('${from}');`,
    ];
    const found = forms.map((text) =>
      faultsOf({ [path]: text }).filter((line) => line.includes('must not') || line.includes('front door')),
    );
    expect(found).toEqual(forms.map(() => [`${path}: line 1: ${fault}`]));
  });

  it.each([
    ['functions/songs/getSong.ts', '#shared/songs'],
    ['shared/operations/erase.ts', '#shared/playlists'],
    ['shared/generation/submit.ts', '#shared/songs'],
    ['shared/songs/store.ts', './schema.ts'],
    ['scripts/generate.ts', '../functions/songs/getSong.ts'],
    ['tests/shared/songs/store.test.ts', '../../../shared/songs/store.ts'],
    ['shared/songs/store.ts', 'zod'],
  ])('%s may import %s', (path, from) => {
    expect(faultsOf({ [path]: `import { x } from '${from}';` }).filter((line) => line.includes('line 1'))).toEqual([]);
  });

  it('are not read from comments and strings', () => {
    const text =
      "// import { x } from '#shared/songs';\nconst told = \"import { x } from '#shared/songs'\";\n/* import('#shared/songs') */\n";
    expect(faultsOf({ 'shared/runtime/log.ts': text })).toEqual([]);
  });

  it('never lead back to where they started', () => {
    const ring = {
      'shared/songs/a.ts': "import './b.ts';",
      'shared/songs/b.ts': "import './c.ts';",
      'shared/songs/c.ts': "import './a.ts';",
    };
    expect(faultsOf(ring)).toEqual(['shared/songs/a.ts: shared/songs/a.ts → shared/songs/b.ts → shared/songs/c.ts → shared/songs/a.ts']);
  });
});

describe('what files hold', () => {
  it.each([
    ['export default function store() {}', 'exports default'],
    ["export * from './schema.ts';", 'exports *'],
    ['export const a = process.env;', 'line 1 reads the environment'],
    ["import { env } from 'node:process';", 'line 1 reads the environment'],
    ['const { env } = process;', 'line 1 reads the environment'],
    ['export function a(b: Array<any>) {}', 'line 1 says any'],
    [`export const a = 1;\n${'\n'.repeat(250)}`, '251 lines, at most 250'],
    [`function a() {${'\n'.repeat(50)}}`, 'line 1: a function of 51 lines, at most 50'],
  ])('%j is refused in shared code', (text, fault) => {
    expect(faultsOf({ 'shared/songs/store.ts': text })).toEqual([`shared/songs/store.ts: ${fault}`]);
  });

  it.each(['const environment = "process.env";', '// any process.env\n', 'const company = 1;', `function a() {${'\n'.repeat(49)}}`])(
    '%j is fine',
    (text) => {
      expect(faultsOf({ 'shared/songs/store.ts': text })).toEqual([]);
    },
  );

  it.each([
    ['functions/songs/getSong.ts', 81],
    ['tests/shared/a.test.ts', 301],
    ['scripts/start.ts', 251],
  ])('%s may not have %i lines', (path, lineCount) => {
    expect(faultsOf({ [path]: '\n'.repeat(lineCount) })).toContain(`${path}: ${lineCount} lines, at most ${lineCount - 1}`);
    expect(faultsOf({ [path]: '\n'.repeat(lineCount - 1) }).filter((line) => line.includes('at most'))).toEqual([]);
  });

  it.each(['it.skip', 'it.only', 'it.todo', 'describe.skip', 'describe.only', 'test.failing', 'xit', 'fdescribe'])(
    'no test is left out by %s',
    (callee) => {
      expect(faultsOf({ 'tests/shared/a.test.ts': `${callee}('gets what it asked for', () => {});` })).toEqual([
        `tests/shared/a.test.ts: line 1: ${callee}`,
      ]);
    },
  );

  it('no table of tests is left out by it.only.each', () => {
    const text = "it.only.each([1])('gets what it asked for', () => {});";
    expect(faultsOf({ 'tests/shared/a.test.ts': text })).toEqual(['tests/shared/a.test.ts: line 1: it.only.each']);
  });

  it('tests say what holds, not what ought to', () => {
    const text = "it('should work', () => {});\nit('works', () => {});";
    expect(faultsOf({ 'tests/shared/a.test.ts': text })).toEqual(['tests/shared/a.test.ts: line 1: say what holds, without "should"']);
  });
});
