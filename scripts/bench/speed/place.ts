/** What the parts of the benchmark run against. */
import { readFileSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buildFunctions } from '../../build/buildFunctions.ts';
import { projectFolder } from '../../check/command.ts';

export interface Place {
  directory: string;
  /** Emulators in the place of Google, and what else functions want to start. */
  env: NodeJS.ProcessEnv;
}

const FRAMEWORK = '@google-cloud/functions-framework';

export const FRAMEWORK_MAIN = join(projectFolder, 'node_modules', FRAMEWORK, 'build/src/main.js');

/** The folder that is deployed, with what its package.json names beside it. */
export async function buildInto(folder: string): Promise<string[]> {
  const weights = await buildFunctions(folder);
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
  await linkPackages(folder, Object.keys(dependencies));
  return weights.map(({ name }) => name);
}

/** A function that says hello, and nothing else: what functions-framework alone takes. */
export async function writeHello(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'hello', main: 'index.js' }));
  const source = `const { http } = require('${FRAMEWORK}');\nhttp('hello', (_request, response) => response.send('Hello'));\n`;
  await writeFile(join(folder, 'index.js'), source);
  await linkPackages(folder, [FRAMEWORK]);
}

async function linkPackages(folder: string, names: string[]): Promise<void> {
  for (const name of names) {
    const link = join(folder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(projectFolder, 'node_modules', name), link);
  }
}
