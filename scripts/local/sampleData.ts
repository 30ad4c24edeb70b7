import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runScript } from './processes/child.ts';

export interface SampleOptions {
  root: string;
  directory: string;
  /** The environment of the local cloud. */
  settings: NodeJS.ProcessEnv;
  say(text: string): void;
}

/** Makes the sample users, songs and pictures, and brings them in, when there are no songs yet. Goes on where it was broken off. */
export async function loadSampleData({ root, directory, settings, say }: SampleOptions): Promise<void> {
  const folder = join(directory, 'sample');
  const unfinished = join(directory, 'sample-unfinished');
  const run = (script: string, argument: string) =>
    runScript(join(root, 'scripts', script), [argument], {
      logFile: join(directory, 'logs', `${basename(script, '.ts')}.log`),
      env: settings,
      cwd: root,
    });
  try {
    if (!existsSync(unfinished) && !(await isEmpty(settings))) return;
    writeFileSync(unfinished, '');
    await run('sample/makeSample.ts', folder);
    await run('import.ts', join(folder, 'sori.json'));
    rmSync(unfinished);
    rmSync(folder, { recursive: true });
  } catch (error) {
    say(`The sample data are not complete: ${(error as Error).message}`);
  }
}

async function isEmpty({ FIRESTORE_EMULATOR_HOST: host, GOOGLE_CLOUD_PROJECT: projectId }: NodeJS.ProcessEnv): Promise<boolean> {
  const url = `http://${host}/v1/projects/${projectId}/databases/(default)/documents/songs?pageSize=1`;
  const answer = await fetch(url, { headers: { Authorization: 'Bearer owner' }, signal: AbortSignal.timeout(10_000) });
  const { documents = [] } = (await answer.json()) as { documents?: unknown[] };
  return documents.length === 0;
}
