import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createLocalStore } from '../../../shared/media/localStore.ts';
import type { MediaStore } from '../../../shared/media/port.ts';
import { openLocalStore, readAll, someBytes } from './someStores.ts';

let opened: Awaited<ReturnType<typeof openLocalStore>>;
beforeEach(async () => {
  opened = await openLocalStore();
});
afterEach(() => opened.close());

it('A writer killed at any moment leaves whole objects and nothing that is half there', async () => {
  const { store, directory } = opened;
  for (const lifeMs of [0, 3, 11, 25, 42, 60, 85, 110]) {
    const writer = spawn(process.execPath, [join(import.meta.dirname, 'writeForEver.ts'), directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(writer.stdout, 'data');
    await new Promise((resolve) => setTimeout(resolve, lifeMs));
    writer.kill('SIGKILL');
    await once(writer, 'exit');
    for await (const { name } of store.list('songs/')) {
      const found = await store.find(name);
      if (!found) continue; // linked, but not yet described: nobody sees it
      const whole = await readAll((await store.open(name)).body);
      expect(createHash('sha256').update(whole).digest('hex')).toBe(found.sha256);
      expect(name).toContain(found.sha256);
    }
  }
}, 30_000);

it('A directory that cannot be written is unavailable', async () => {
  const { directory, store } = opened;
  await writeFile(join(directory, 'staging'), 'a file where a directory should be');
  const options = { stagingName: 'staging/x', contentType: 'audio/mpeg', maxBytes: 10 };
  await expect(store.stage(someBytes(1), options)).rejects.toMatchObject({ name: 'MediaFault', kind: 'unavailable' });
});

it('Staged bytes that changed on the disk are never published', async () => {
  const { directory, store } = opened;
  const staged = await store.stage(someBytes(1000), { stagingName: 'staging/x', contentType: 'audio/mpeg', maxBytes: 1000 });
  await writeFile(join(directory, 'staging/x'), 'spoiled');
  await expect(store.publish(staged, 'songs/a/b.mp3')).rejects.toMatchObject({ kind: 'damaged' });
  expect(await store.find('songs/a/b.mp3')).toBeUndefined();
});

it('An object whose file somebody has taken away is stored again', async () => {
  const { directory, store } = opened;
  const store1000 = async () => {
    const staged = await store.stage(someBytes(1000), { stagingName: 'staging/x', contentType: 'audio/mpeg', maxBytes: 1000 });
    await store.publish(staged, 'songs/a/b.mp3');
  };
  await store1000();
  await rm(join(directory, 'songs/a/b.mp3'));
  await store1000();
  expect((await readAll((await store.open('songs/a/b.mp3')).body)).length).toBe(1000);
});

it('An object that was cut on the disk is told to be damaged', async () => {
  const { directory, store } = opened;
  const staged = await store.stage(someBytes(1000), { stagingName: 'staging/x', contentType: 'audio/mpeg', maxBytes: 1000 });
  await store.publish(staged, 'songs/a/b.mp3');
  await writeFile(join(directory, 'songs/a/b.mp3'), 'cut');
  await expect(store.open('songs/a/b.mp3')).rejects.toMatchObject({ kind: 'damaged' });
});

const STAGING = { stagingName: 'staging/x', contentType: 'audio/mpeg', maxBytes: 1000 };

async function publish(store: MediaStore) {
  const staged = await store.stage(someBytes(1000), STAGING);
  return store.publish(staged, 'songs/a/b.mp3');
}

/** Whatever can be asked of a store, with its answer. */
async function answers(store: MediaStore): Promise<unknown[]> {
  const list = async () => {
    const names: string[] = [];
    for await (const { name } of store.list('')) names.push(name);
    return names;
  };
  const staged = { ...STAGING, storeId: store.id, bytes: 1000, sha256: 'a'.repeat(64) };
  const asked = [
    ...[store.find('songs/a/b.mp3'), store.open('songs/a/b.mp3'), store.delete('songs/a/b.mp3'), store.discard('staging/x')],
    ...[list(), store.stage(someBytes(10), STAGING), store.publish(staged, 'songs/a/b.mp3')],
  ];
  return (await Promise.allSettled(asked)).map((end) => (end.status === 'rejected' ? end.reason.kind : end.value));
}

const ALL_UNAVAILABLE = Array.from({ length: 7 }, () => 'unavailable');

it('A directory that has gone away is unavailable, and nothing in it is missing; when it is back, all is there', async () => {
  const { directory, store } = opened;
  const { name } = await publish(store);
  await rename(directory, `${directory}.away`);
  expect(await answers(store)).toEqual(ALL_UNAVAILABLE);
  await rename(`${directory}.away`, directory);
  expect(await store.find(name)).toMatchObject({ bytes: 1000 });
  expect(await store.find('songs/a/other.mp3')).toBeUndefined();
});

it('A shared volume that is no longer mounted is unavailable, though the empty directory under it is there', async () => {
  const { directory } = opened;
  await writeFile(join(directory, '.sori-shared-volume'), '');
  const store = createLocalStore(directory);
  await publish(store);
  await rename(directory, `${directory}.away`);
  await mkdir(directory);
  expect(await answers(store)).toEqual(ALL_UNAVAILABLE);
  expect(await answers(createLocalStore(directory, { isVolume: true }))).toEqual(ALL_UNAVAILABLE);
  await rm(directory, { recursive: true });
  await rename(`${directory}.away`, directory);
  expect((await readAll((await store.open('songs/a/b.mp3')).body)).length).toBe(1000);
});
