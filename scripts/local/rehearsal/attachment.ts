/** Where a running rehearsal is, for whoever deploys to it: a file in its folder. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writePrivately } from '../localSecrets.ts';

/** The Auth emulator takes an API key that reads like this as the project's own. */
export const REHEARSAL_PROJECT = 'demo-rehearsal';
export const REHEARSAL_REGION = 'asia-northeast3';
/** What the sandbox takes as the provider's key. */
export const SANDBOX_KEY = 'rehearsal-key-of-the-sandbox';

export const Attached = z.object({
  projectId: z.string(),
  directory: z.string(),
  controlPlaneUrl: z.url(),
  serviceUrl: z.url(),
  storageUrl: z.url(),
  schedulerEndpoint: z.string(),
  tokenUrl: z.url(),
  certsUrl: z.url(),
  operatorToken: z.string(),
  firestoreHost: z.string(),
  authHost: z.string(),
});
export type Attached = z.output<typeof Attached>;

const fileIn = (directory: string) => join(directory, 'attached.json');

export function recordAttachment(attached: Attached): void {
  writePrivately(fileIn(attached.directory), attached);
}

/** Nothing when none runs there: one that was killed leaves the file, and does not answer. */
export async function findRehearsal(directory: string): Promise<Attached | undefined> {
  if (!existsSync(fileIn(directory))) return undefined;
  const attached = Attached.safeParse(JSON.parse(readFileSync(fileIn(directory), 'utf8'))).data;
  const isUp =
    attached &&
    (await fetch(attached.controlPlaneUrl, { signal: AbortSignal.timeout(2_000) }).then(
      () => true,
      () => false,
    ));
  return isUp ? attached : undefined;
}
