/**
 * Bundles a program so that every await of shared/ and functions/ in it is a numbered crash point. About a second.
 *
 *     const program = await buildNumbered('tests/crashPoints/workerProcess.ts');
 *     const process = startNumbered(program, { plan: { action: 'kill', point: 'shared/generation/submit.ts:28:25', kind: 'after' } });
 *     …
 *     await program.remove();
 */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { build, type Plugin, stop } from 'esbuild';
import { numberAwaits } from './numberAwaits.ts';

export interface NumberedProgram {
  file: string;
  /** Compiled code, so that only the first start compiles it. */
  compileCache: string;
  remove(): Promise<void>;
}

const ROOT = path.join(import.meta.dirname, '..', '..');
/** Below node_modules: what is not bundled is found from there. */
const CACHE = path.join(ROOT, 'node_modules', '.cache', 'sori-numbered');

/** @param entry - the program's path from the project's folder; its own awaits are no points */
export async function buildNumbered(entry: string): Promise<NumberedProgram> {
  await mkdir(CACHE, { recursive: true });
  const directory = await mkdtemp(path.join(CACHE, 'program-'));
  const file = path.join(directory, 'program.mjs');
  await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile: file,
    plugins: [NUMBERED],
    inject: [path.join(import.meta.dirname, 'crashPoint.ts')],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // Native, or known to fail when moved.
    external: ['sharp', '@google-cloud/functions-framework', '@swc/core', 'esbuild'],
    banner: { js: COMMONJS_GLOBALS },
    define: { __filename: 'soriFile', __dirname: 'soriFolder' },
    logLevel: 'warning',
  });
  await stop(); // its own process would keep this one from ending
  return {
    file,
    compileCache: path.join(directory, 'compiled'),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

const NUMBERED: Plugin = {
  name: 'numbered',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path: file }) => {
      const name = path.relative(ROOT, file).split(path.sep).join('/');
      if (!/^(shared|functions)\//.test(name)) return undefined;
      return { contents: numberAwaits(name, await readFile(file, 'utf8')), loader: 'ts' };
    });
  },
};

// Bundled CommonJS packages expect these three, which ES modules do not have.
const COMMONJS_GLOBALS = [
  "import { createRequire as soriCreateRequire } from 'node:module';",
  'const require = soriCreateRequire(import.meta.url);',
  'const soriFile = import.meta.filename;',
  'const soriFolder = import.meta.dirname;',
].join('\n');
