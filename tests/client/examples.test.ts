/** The examples of docs/clients.md, run as they stand there, but for the address of the service. */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { createClient } from '#shared/client';
import { projectFolder, runCommand } from '../../scripts/check/command.ts';
import { type House, openHouse } from '../support/openHouse.ts';

let house: House;
let folder: string;
let examples: string[];

beforeAll(async () => {
  const cache = path.join(projectFolder, 'node_modules', '.cache');
  await mkdir(cache, { recursive: true });
  folder = await mkdtemp(path.join(cache, 'sori-examples-')); // inside the project: the examples import its packages
  const document = await readFile(path.join(projectFolder, 'docs', 'clients.md'), 'utf8');
  examples = [...document.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => code!);
  house = await openHouse();
  const account = { email: 'user01@sori.example', password: 'sori-local-only', displayName: 'Mina' };
  await createClient({ baseUrl: house.service.url }).signUp(account);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await house.close();
});

function exampleWith(text: string): string {
  const found = examples.find((code) => code.includes(text));
  if (!found) throw new Error(`no example has ${text}`);
  return found.replace('http://localhost:8080/v1', house.service.url);
}

/** On Node, alone in its process. @returns what it printed */
async function run(name: string, code: string): Promise<string> {
  const outfile = path.join(folder, `${name}.mjs`);
  await build({
    stdin: { contents: code, loader: 'ts', resolveDir: projectFolder },
    alias: { 'sori-client': path.join(projectFolder, 'shared', 'client', 'index.ts') },
    external: ['firebase/*'],
    ...{ outfile, bundle: true, format: 'esm', platform: 'node', target: 'node24' },
  });
  const { status, output } = await runCommand('node', [outfile], { timeoutMs: 25_000 });
  if (status !== 0) throw new Error(output);
  return output;
}

describe('The examples', () => {
  it('of the typed client: a song is asked for, lists are walked through, a refusal is told apart', async () => {
    expect(await run('client', exampleWith('for await'))).toMatch(/^gone, or never yours\ngen_\w{20}\n$/);
  });

  it('of the Firebase SDK: its token is taken, and a generation is followed live until it ends', async () => {
    const ending = `
      import { getApp } from 'firebase/app';
      const { generation } = await sori.createSong({ prompt: 'a song to follow' });
      const seen = new Promise((resolve) =>
        follow(getApp(), generation.generationId, settings.emulators?.firestore, (state) => {
          console.log(state);
          if (state === 'queued') void sori.cancelGeneration({ generationId: generation.generationId });
          if (state === 'cancelled') resolve(undefined);
        }),
      );
      await seen;
      process.exit(0);`;
    const output = await run('sdk', `${exampleWith('connectAuthEmulator')}\n${exampleWith('onSnapshot')}\n${ending}`);
    expect(output.split('\n').filter((line) => /^(Mina|queued|cancelled)$/.test(line))).toEqual(['Mina', 'queued', 'cancelled']);
  });
});
