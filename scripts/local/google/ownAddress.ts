/** Where a server of the local cloud stands, for other processes: a file in its directory, there while it runs. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeAtomically } from './atomicFile.ts';

const OwnAddress = z.object({ url: z.url(), pid: z.int() });

const fileIn = (directory: string) => join(directory, 'address.json');

export async function recordOwnAddress(directory: string, url: string): Promise<void> {
  await writeAtomically(fileIn(directory), JSON.stringify({ url, pid: process.pid }));
}

export function forgetOwnAddress(directory: string): void {
  if (read(directory)?.pid === process.pid) rmSync(fileIn(directory), { force: true }); // else it is the next run's
}

/** Nothing when no server has said where it is. One that was killed leaves an address at which nobody answers. */
export function readOwnAddress(directory: string): string | undefined {
  return read(directory)?.url;
}

function read(directory: string): z.output<typeof OwnAddress> | undefined {
  try {
    return OwnAddress.parse(JSON.parse(readFileSync(fileIn(directory), 'utf8')));
  } catch {
    return undefined;
  }
}
