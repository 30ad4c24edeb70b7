/** The real firebase CLI, as it is installed here, with its output in the deployment's log. */
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Deployment } from './step.ts';

const LIMIT_MS = 30 * 60_000;
const Package = z.object({ bin: z.object({ firebase: z.string() }) });

/** The CLI has ended with a fault; its last lines say which. */
export class CliFailure extends Error {
  readonly output: string;
  constructor(output: string, logFile: string) {
    super(`the firebase CLI has failed: ${faultIn(output)}\nLog: ${logFile}`);
    this.output = output;
  }
}

/** @param args - after `firebase`. @throws {CliFailure} */
export async function runFirebase(
  args: string[],
  { target, folder, logFile }: Pick<Deployment, 'target' | 'folder' | 'logFile'>,
): Promise<string> {
  const own = ['--project', target.projectId, '--non-interactive'];
  appendFileSync(logFile, `\n$ firebase ${args.join(' ')}\n`);
  const child = spawn(process.execPath, [cliFile(), ...args, ...own], {
    cwd: folder,
    env: environment(target.cliEnvironment),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
  });
  const end = () => child.kill('SIGKILL'); // a deployment that is ended must not go on behind its own back
  process.once('exit', end);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece: Buffer) => {
      output += piece;
      appendFileSync(logFile, piece);
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  process.removeListener('exit', end);
  if (code !== 0) throw new CliFailure(output, logFile);
  return output;
}

function cliFile(): string {
  const require = createRequire(import.meta.url);
  const packageFile = require.resolve('firebase-tools/package.json');
  return join(dirname(packageFile), Package.parse(require(packageFile)).bin.firebase);
}

/** Nothing of the operator's settings reaches it but what it needs to sign in. Its own files stand apart when it speaks with stand-ins. */
function environment(standIns: Record<string, string>): NodeJS.ProcessEnv {
  const isReal = Object.keys(standIns).length === 0;
  const { PATH, HOME, GOOGLE_APPLICATION_CREDENTIALS, FIREBASE_TOKEN, HTTPS_PROXY, NODE_EXTRA_CA_CERTS } = process.env;
  const home = isReal
    ? { HOME, GOOGLE_APPLICATION_CREDENTIALS, FIREBASE_TOKEN, HTTPS_PROXY, NODE_EXTRA_CA_CERTS }
    : { HOME: join(tmpdir(), 'sori-rehearsal-home') };
  return { PATH, CI: '1', NO_UPDATE_NOTIFIER: '1', METADATA_SERVER_DETECTION: 'none', ...home, ...standIns };
}

function faultIn(output: string): string {
  const lines = output.trim().split('\n');
  const told = lines.filter((line) => /^Error:|⚠|failed|HTTP Error/i.test(line) && !/token is deprecated/i.test(line));
  return (told.length > 0 ? told : lines).slice(-3).join(' · ').slice(0, 800);
}
