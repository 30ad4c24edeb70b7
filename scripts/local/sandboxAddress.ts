/** Where the sandbox of a running local cloud is, for other processes: a file in the data directory, there while it runs. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writePrivately } from './localSecrets.ts';

const SandboxAddress = z.object({
  /** Without a slash at its end. */
  url: z.url(),
  /** The service that uses it, as `http://localhost:8080/v1`. */
  serviceUrl: z.url(),
  pid: z.int().positive(),
});
export type SandboxAddress = z.output<typeof SandboxAddress>;

const fileIn = (directory: string) => join(directory, 'sandbox.json');

/** Writes it down until this process ends, however it ends but for `kill -9`: a file that stays behind leads to nobody. */
export function recordSandboxAddress(directory: string, addresses: Omit<SandboxAddress, 'pid'>): void {
  writePrivately(fileIn(directory), { ...addresses, pid: process.pid });
  process.once('exit', () => {
    if (readSandboxAddress(directory)?.pid === process.pid) rmSync(fileIn(directory), { force: true }); // else it is the next run's
  });
}

/** Nothing when no sandbox has said where it is. */
export function readSandboxAddress(directory: string): SandboxAddress | undefined {
  const file = fileIn(directory);
  if (!existsSync(file)) return undefined;
  try {
    return SandboxAddress.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}
