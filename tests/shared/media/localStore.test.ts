import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
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
