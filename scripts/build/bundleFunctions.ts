/**
 * All functions in one pass of esbuild: an entry of a few lines each, and the code they share in chunks.
 *
 * ES modules, because only for these esbuild keeps what is imported lazily in chunks of its own. As one CommonJS file per function,
 * every function would carry Firestore's 8 MB, and read them at its start even if it never calls Firestore.
 */
import { build, type Metafile, type Plugin } from 'esbuild';
import { start } from '#shared/endpoint';
import type { RegisteredEndpoint } from '../loadEndpoints.ts';

export interface Bundle {
  /** Paths from the deployed folder. */
  files: { path: string; contents: Uint8Array }[];
  metafile: Metafile;
}

/**
 * What the deployed package.json must name, because it cannot be bundled: functions-framework keeps its register of functions in a
 * variable of its own, and sharp is native code.
 */
export const EXTERNAL = ['@google-cloud/functions-framework', 'sharp'];

/** Where the entry of a function stands in the deployed folder. */
export function entryPath(name: string): string {
  return `functions/${name}.js`;
}

// Bundled CommonJS packages expect these three, which ES modules do not have.
const COMMONJS_GLOBALS = [
  "import { createRequire as soriCreateRequire } from 'node:module';",
  'const require = soriCreateRequire(import.meta.url);',
  'const soriFile = import.meta.filename;',
  'const soriFolder = import.meta.dirname;',
].join('\n');

/** @param root - the project's folder */
export async function bundleFunctions(endpoints: RegisteredEndpoint[], root: string): Promise<Bundle> {
  const outdir = `${root}/dist`; // nothing is written there; paths in the source maps are relative to it
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: endpoints.map(({ name, file }) => ({ in: `${ENTRY}:${file}`, out: `functions/${name}` })),
    plugins: [entries(root), ENGLISH_ONLY],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    minifyWhitespace: true,
    minifySyntax: true,
    external: EXTERNAL,
    banner: { js: COMMONJS_GLOBALS },
    define: { __filename: 'soriFile', __dirname: 'soriFolder' },
    chunkNames: 'chunks/[name]-[hash]',
    sourcemap: 'linked',
    sourcesContent: false,
    outdir,
    write: false,
    metafile: true,
    logLevel: 'warning',
  });
  const files = outputFiles.map(({ path, contents }) => ({ path: path.slice(outdir.length + 1).replaceAll('\\', '/'), contents }));
  return { files, metafile };
}

const ENTRY = 'entry';

/** An entry is not a file: it imports an endpoint and starts it. */
function entries(root: string): Plugin {
  return {
    name: 'entries',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^entry:/ }, ({ path }) => ({ path: path.slice(ENTRY.length + 1), namespace: ENTRY }));
      onLoad({ filter: /.*/, namespace: ENTRY }, ({ path }) => ({ contents: entryText(path), resolveDir: root, loader: 'ts' }));
    },
  };
}

function entryText(file: string): string {
  const name = file.split('/').at(-1)!.replace(/\.ts$/, '');
  return `import { ${start.name} } from '#shared/endpoint';\nimport { ${name} } from './${file}';\n${start.name}(${name});\n`;
}

/** zod carries its messages in 50 languages, a third of what a function would read at its start; we use its English ones. */
const ENGLISH_ONLY: Plugin = {
  name: 'english-only',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({ contents: "export { default as en } from './en.js';" }));
  },
};
