/** The documents say what is true of the code: their links, commands, tables, steps and file names are held against it. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { catalogue, parseSettings } from '#shared/runtime';
import { projectFolder } from '../../scripts/check/command.ts';
import { loadEndpoints } from '../../scripts/loadEndpoints.ts';
import { mutants } from '../mutants.ts';
import { first, headings, paths, quoted, read, tableUnder, withoutBlocks } from './documents.ts';

const documents = paths.filter((path) => path.endsWith('.md'));
const sources = paths.filter((path) => /^(functions|shared|scripts)\/.*\.ts$/.test(path)).map((path) => ({ path, text: read(path) }));
const readmes = ['README.md', 'README.ko.md'];

/** As GitHub makes anchors of headings. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

describe('every document', () => {
  it.each(documents)('%s: its links lead somewhere', (path) => {
    const links = [...withoutBlocks(read(path)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
    const broken = links.filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [file, anchor] = link.split('#');
      const target = file ? join(dirname(path), file) : path;
      if (!existsSync(join(projectFolder, target))) return true;
      return anchor !== undefined && !headings(read(target)).some(({ text }) => anchorOf(text) === anchor);
    });
    expect(broken).toEqual([]);
  });

  it.each(documents)('%s: the files and folders that it names are there', (path) => {
    const named = quoted(read(path)).filter((word) => /^(functions|shared|scripts|tests|docs)\/[\w./-]*(\.\w+|\/)$/.test(word));
    expect(named.filter((name) => !existsSync(join(projectFolder, name)))).toEqual([]);
  });

  it.each(documents)('%s: the commands that it names exist', (path) => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    expect(commandsIn(read(path)).filter((name) => !(name in scripts))).toEqual([]);
  });

  it.each(documents)('%s: its pictures are of a kind that GitHub draws, with every bracket closed', (path) => {
    const pictures = [...read(path).matchAll(/^```mermaid\n([\s\S]*?)^```/gm)].map(([, picture]) => picture!);
    for (const picture of pictures) {
      expect(picture).toMatch(/^(flowchart (LR|TD)|sequenceDiagram|stateDiagram-v2)\n/);
      for (const [open, close] of ['[]', '{}']) expect(picture.split(open!).length).toBe(picture.split(close!).length);
    }
  });

  it.each(documents)('%s: it praises nothing', (path) => {
    const praise =
      /\b(blazing|seamless|robust|powerful|effortless|cutting.edge|world.class|state.of.the.art|best.in.class|leverag\w+|revolutionary|delightful)\b|혁신적|획기적|강력한|손쉽게|최첨단|최고의|완벽한/giu;
    expect(read(path).match(praise) ?? []).toEqual([]);
  });
});

/** The names of npm scripts. */
function commandsIn(text: string): string[] {
  const commands = [...text.matchAll(/\bnpm (?:run (?:--silent )?([\w:]+)|(start|test)\b)/g)];
  return commands.map(([, script, short]) => script ?? short!);
}

describe('the two READMEs', () => {
  const [english = '', korean = ''] = readmes.map(read);

  it('have the same headings, tables, pictures and blocks in the same order', () => {
    const shape = (text: string) => text.split('\n').flatMap((line) => /^(#+ |\| ?`|```)/.exec(line)?.[1]?.replace(/[^#|`]/g, '') ?? []);
    expect(shape(korean)).toEqual(shape(english));
    expect(headings(korean).map(({ level }) => level)).toEqual(headings(english).map(({ level }) => level));
  });

  it('name the same commands', () => {
    expect([...new Set(commandsIn(korean))].sort()).toEqual([...new Set(commandsIn(english))].sort());
    const typed = (text: string) => text.split('\n').filter((line) => line.startsWith('    ') && /^ +(npm|git|curl|ls|-d) /.test(line));
    expect(typed(korean)).toEqual(typed(english));
  });

  it('lead to the same documents', () => {
    const links = (text: string) =>
      [...text.matchAll(/\]\(([\w./-]+)\)/g)].map(([, link]) => link!).filter((link) => !link.startsWith('README'));
    expect(links(korean)).toEqual(links(english));
  });

  it.each([
    ['README.md', '## Functions'],
    ['README.ko.md', '## 함수'],
  ])('%s names the areas that there are, and functions that exist in them', async (path, heading) => {
    const endpoints = await loadEndpoints();
    const rows = tableUnder(path, heading);
    expect(rows.map(([area]) => first(area)).sort()).toEqual([...new Set(endpoints.map(({ area }) => area))].sort());
    const named = rows.flatMap(([area, , examples]) => quoted(examples!).map((name) => `functions/${first(area)}/${name}.ts`));
    expect(named.filter((file) => !endpoints.some((endpoint) => endpoint.file === file))).toEqual([]);
  });

  it.each([
    ['README.md', '## Configuration', 'Not used yet'],
    ['README.ko.md', '## 설정', '아직 쓰지 않습니다'],
  ])('%s names every setting with its default, and says which are not used', (path, heading, unused) => {
    const rows = tableUnder(path, heading);
    const schema = /const Settings = z\.object\(\{([\s\S]*?)\n\}\);/.exec(read('shared/runtime/config.ts'))![1]!;
    expect(rows.map(([name]) => first(name))).toEqual([...schema.matchAll(/^ {2}([A-Z_]+):/gm)].map(([, name]) => name));
    const defaults = new Map<string, unknown>(Object.entries(parseSettings({ GOOGLE_CLOUD_PROJECT: 'sample-project' })));
    for (const [name, shown] of rows.slice(1)) {
      const value = [defaults.get(first(name)) ?? []].flat().join();
      expect([name, first(shown)]).toEqual([name, value]);
    }
    const used = rows.filter(([, , meaning]) => meaning!.includes(unused)).filter(([name]) => isUsed(first(name)));
    expect(used).toEqual([]);
  });
});

function isUsed(setting: string): boolean {
  return sources.some(({ path, text }) => path !== 'shared/runtime/config.ts' && text.includes(setting));
}

describe('docs/architecture.md', () => {
  it('has every folder of the map, and none that is not there', () => {
    const shown = tableUnder('docs/architecture.md', '## The map').map(([folder]) => first(folder));
    const folders = paths.flatMap((path) => /^((functions|shared|tests)\/\w+\/)/.exec(path)?.[1] ?? []);
    expect(shown.filter((folder) => !folder.startsWith('scripts/')).sort()).toEqual([...new Set(folders)].sort());
  });

  it('has every collection that the code touches', () => {
    const texts = sources.filter(({ path }) => /^(shared|scripts\/import)\//.test(path)).map(({ text }) => text);
    const constants = new Map(
      texts.flatMap((text) => [...text.matchAll(/const ([A-Z_]+) = '(\w+)[/']/g)].map(([, name, value]) => [name, value])),
    );
    const touched = texts
      .flatMap((text) => [...text.matchAll(/\.(?:doc|collection)\((?:['`](\w+)|(?:`\$\{)?([A-Z_]+)\b)/g)])
      .map(([, name, constant]) => name ?? constants.get(constant));
    const shown = tableUnder('docs/architecture.md', '## What is stored where').map(([name]) => first(name));
    expect([...new Set(touched)].sort()).toEqual(shown.sort());
  });
});

describe('docs/pipeline.md', () => {
  const source = read('shared/endpoint/pipeline.ts');
  const steps = tableUnder('docs/pipeline.md', '## Step by step');

  it('has the steps that the code takes, in their order', () => {
    const notSteps = /^(answerTo|contextOf|fail|noticeCacheHit|setHeader)$/;
    const calls = [...callsIn('receive'), ...callsIn('process')].flatMap((call) => (call === 'answerTo' ? callsIn('answerTo') : [call]));
    const order = [...new Set(calls.filter((call) => !notSteps.test(call)))];
    expect(steps.map(([, step]) => first(step))).toEqual(order);
    expect(steps.map(([number]) => number)).toEqual(order.map((_step, at) => String(at + 1)));
  });

  it('names no error that the catalogue lacks', () => {
    const codes = steps.flatMap(([, , , exits]) => quoted(exits!)).filter((word) => word.includes('_') || word === 'internal');
    expect(codes.length).toBeGreaterThan(10);
    expect(codes.filter((code) => !(code in catalogue))).toEqual([]);
  });

  /** What a function of the pipeline calls, in the order of its text: `addressGate.admit` of `instance.addressGate.admit(…)`. */
  function callsIn(name: string): string[] {
    const body = new RegExp(`function ${name}\\([\\s\\S]*?\\n\\}\\n`).exec(source)![0].replace(/^.*\n/, '');
    const calls = [...body.matchAll(/(?<![\w.])((?:\w+\.)*\w+)\(/g)].map(([, call]) => call!);
    return calls.filter((call) => !/^(if|async)$/.test(call)).map((call) => call.replace(/^(endpoint|instance|exchange\.res)\./, ''));
  }
});

describe('docs/guarantees.md', () => {
  const rows = tableUnder('docs/guarantees.md', '# Guarantees');

  it('has all fifteen, each with the tests that prove it, or none and "not yet"', () => {
    expect(rows.map(([number]) => number)).toEqual(Array.from({ length: 15 }, (_, at) => `G${at + 1}`));
    for (const [number, , proof, tests] of rows) {
      expect([number, proof]).toEqual([number, expect.stringMatching(/^(kept(, .+)?|partly: .+|not yet)$/)]);
      expect([number, quoted(tests!).length > 0]).toEqual([number, proof !== 'not yet']);
      expect(quoted(tests!).filter((file) => !file.endsWith('.test.ts'))).toEqual([]);
    }
  });

  it('leaves out no test that bears a number, and none that a mutant relies on', () => {
    const shown = rows.flatMap(([number, , , tests]) => quoted(tests!).map((file) => `${number} ${file}`));
    const numbered = paths.flatMap((path) => {
      const [, number] = /^tests\/guarantees\/g(\d+)-.*\.test\.ts$/.exec(path) ?? [];
      return number ? [`G${Number(number)} ${path}`] : [];
    });
    const needed = [...numbered, ...mutants.map(({ guarantee, test }) => `${guarantee} ${test}`)];
    expect([...new Set(needed)].filter((line) => !shown.includes(line))).toEqual([]);
  });
});

describe('docs/decisions', () => {
  const pages = paths.filter((path) => /^docs\/decisions\/\d{4}-/.test(path));

  it('are numbered without a gap, and all of them stand in the index under their titles', () => {
    expect(pages.map((path) => path.slice(15, 19))).toEqual(pages.map((_page, at) => String(at + 1).padStart(4, '0')));
    const index = read('docs/decisions/README.md')
      .split('\n')
      .filter((line) => line.startsWith('- '));
    expect(index).toEqual(
      pages.map((path) => {
        const [, number, title] = /^# (\d{4}) (.+)\n/.exec(read(path)) ?? [];
        return `- [${number}](${path.slice(15)}) ${title}`;
      }),
    );
  });

  it.each(pages)('%s has its three parts on one page', (path) => {
    expect(
      headings(read(path))
        .map(({ text }) => text)
        .slice(1),
    ).toEqual(['Context', 'Decision', 'Consequences']);
    expect(read(path).split('\n').length).toBeLessThanOrEqual(41);
  });
});
