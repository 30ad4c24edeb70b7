/**
 * Runs another program and ends it when our own parent is gone, however it went: a `kill -9` closes the channel too.
 *
 * `node leash.ts <command> [argument…]`, started with an IPC channel. Exit code and output are those of the program.
 */
import { spawn } from 'node:child_process';

const GRACE_MS = 5_000;

const [command, ...args] = process.argv.slice(2);
if (!command) throw new Error('leash.ts: which program?');

const program = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], windowsHide: true });
program.on('error', (error) => {
  console.error(`${command}: ${error.message}`);
  process.exit(127);
});
program.on('exit', (code) => process.exit(code ?? 1));

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end);
process.on('disconnect', end);

function end(): void {
  program.kill('SIGTERM');
  setTimeout(() => program.kill('SIGKILL'), GRACE_MS);
}
