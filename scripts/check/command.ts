import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';

export const projectFolder = join(import.meta.dirname, '..', '..');

export interface CommandResult {
  /** Exit status; 1 when a signal or the time limit ended it. */
  status: number;
  /** What it wrote to both outputs, in the order it came. */
  output: string;
}

interface CommandOptions {
  folder?: string;
  env?: NodeJS.ProcessEnv;
  /** @default 10 minutes */
  timeoutMs?: number;
}

/** Runs a tool of `node_modules/.bin` (or of the system) to its end and keeps what it wrote. Never rejects for a failed command. */
export function runCommand(name: string, args: string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { folder = projectFolder, env = {}, timeoutMs = 600_000 } = options;
  return new Promise((resolve) => {
    const child = spawn(name, args, {
      cwd: folder,
      env: { ...toolEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    const pieces: Buffer[] = [];
    child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
    child.stderr.on('data', (piece: Buffer) => pieces.push(piece));
    child.on('error', (error) => pieces.push(Buffer.from(`${error.message}\n`)));
    child.on('close', (status) => resolve({ status: status ?? 1, output: Buffer.concat(pieces).toString() }));
  });
}

/** The project's own tools come first, its Node 24 among them, whatever the host has. */
export function toolEnvironment(): NodeJS.ProcessEnv {
  const tools = join(projectFolder, 'node_modules', '.bin');
  return {
    ...process.env,
    PATH: `${tools}${delimiter}${process.env['PATH'] ?? ''}`,
    METADATA_SERVER_DETECTION: 'none', // Google's libraries otherwise look for a metadata server, and warn
  };
}
