import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runScript } from './processes/child.ts';

export interface SampleOptions {
  root: string;
  directory: string;
  /** The environment of the local cloud. */
  settings: NodeJS.ProcessEnv;
  say(text: string): void;
}

/** Brings in the sample users, songs and pictures when the database is empty. The import goes on where it was broken off. */
export async function loadSampleData({ root, directory, settings, say }: SampleOptions): Promise<void> {
  const script = join(root, 'scripts', 'import.ts');
  const sample = join(root, 'scripts', 'sample', 'sori.json');
  const unfinished = join(directory, 'sample-unfinished');
  if (!existsSync(script) || !existsSync(sample)) return;
  if (!existsSync(unfinished) && !(await isEmpty(settings))) return;
  writeFileSync(unfinished, '');
  try {
    await runScript(script, [sample], { logFile: join(directory, 'logs', 'sample.log'), env: settings, cwd: root });
    rmSync(unfinished);
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
