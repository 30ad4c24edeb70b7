import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { projectFolder } from '../check/command.ts';
import { docsFiles } from '../docs/docsPage.ts';
import { OPEN_API_PATH } from '../generate/generatedFiles.ts';
import { loadEndpoints } from '../loadEndpoints.ts';
import { bundleFunctions } from './bundleFunctions.ts';
import { indexText, packageText, ROBOTS_TEXT } from './deployedFiles.ts';
import { type Weight, weigh } from './weigh.ts';

/**
 * Makes the folder that is deployed, anew: for each function an entry, the chunks they share, `index.js` that loads one of them by
 * `FUNCTION_TARGET`, the manifest, and the page at /docs. The same sources give the same bytes.
 *
 * @returns what each function weighs
 */
export async function buildFunctions(folder: string): Promise<Weight[]> {
  const endpoints = await loadEndpoints();
  const names = endpoints.map(({ name }) => name);
  const { files, metafile } = await bundleFunctions(endpoints, projectFolder);
  const weights = names.map((name) => weigh(metafile, name));
  const external = [...new Set(weights.flatMap((weight) => weight.external))];
  const pages = await docsFiles(await readFile(join(projectFolder, OPEN_API_PATH), 'utf8'));
  const texts = {
    'index.js': indexText(names),
    'package.json': packageText(await readFile(join(projectFolder, 'package.json'), 'utf8'), external),
    'functions.yaml': await readFile(join(projectFolder, 'functions.yaml'), 'utf8'),
    'public/robots.txt': ROBOTS_TEXT,
    ...Object.fromEntries([...pages].map(([path, { text }]) => [`public/${path}`, text])),
  };
  await rm(folder, { recursive: true, force: true });
  for (const { path, contents } of files) await place(join(folder, path), contents);
  for (const [path, text] of Object.entries(texts)) await place(join(folder, path), text);
  return weights;
}

async function place(path: string, contents: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, contents);
}
