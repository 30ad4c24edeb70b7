/** On Google Cloud the disk of a function is memory: a built function starts there with a directory only when it is a shared volume. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type BuiltFolder, buildFolder, settings, spawnBuilt, startBuilt } from './builtFunction.ts';

let folder: BuiltFolder;
let volume: string;

beforeAll(async () => {
  folder = await buildFolder();
  volume = await mkdtemp(join(tmpdir(), 'sori-volume-'));
}, 60_000);

afterAll(async () => {
  await folder.remove();
  await rm(volume, { recursive: true, force: true });
});

/** As on Google Cloud: nothing of the emulators. */
function deployed(): Record<string, string> {
  const { FIRESTORE_EMULATOR_HOST, FIREBASE_AUTH_EMULATOR_HOST, ...others } = settings();
  return { ...others, K_SERVICE: 'getstatus', MEDIA_STORES: `gcs:songs,local:${volume}` };
}

it('It does not start with a directory that nobody has confirmed to be shared, and says how to confirm it', async () => {
  const { child, output } = await spawnBuilt(folder.path, 'getStatus', deployed());
  expect(await child.exited).toBe('exit code 1');
  expect(output()).toContain(
    'MEDIA_STORES: on Google Cloud a local directory must be a shared volume, which a file .sori-shared-volume in it confirms',
  );
}, 30_000);

it('It starts once the file .sori-shared-volume is in the directory', async () => {
  await writeFile(join(volume, '.sori-shared-volume'), '');
  const { child } = await startBuilt(folder.path, 'getStatus', deployed());
  expect(child.hasExited()).toBe(false);
  await child.stop(2_000);
}, 60_000);
