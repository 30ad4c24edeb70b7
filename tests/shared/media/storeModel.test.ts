/** Random histories of stores that fail, lose and spoil things, against a model of what they have to hold. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import fc from 'fast-check';
import { createHybridStore } from '../../../shared/media/hybridStore.ts';
import { createLocalStore } from '../../../shared/media/localStore.ts';
import type { MediaStore } from '../../../shared/media/port.ts';
import { announceSeed, limitMs, runs } from '../../support/runs.ts';
import { createFaultyStore } from './faultyStore.ts';
import { type OpenGcs, openGcsStore } from './someStores.ts';
import { StoreHistory } from './storeHistory.ts';
import { history, type Step } from './storeSteps.ts';

const IN_MEMORY = '/dev/shm';

let root: string;
let gcs: OpenGcs;

beforeAll(async () => {
  announceSeed('histories of stores');
  root = await mkdtemp(join(existsSync(IN_MEMORY) ? IN_MEMORY : tmpdir(), 'sori-histories-'));
  gcs = await openGcsStore();
});

afterAll(async () => {
  await gcs.close();
  await rm(root, { recursive: true, force: true });
});

/** @param others - beside one directory of its own */
async function live(steps: Step[], others: ('directory' | 'bucket')[]): Promise<void> {
  const directories = await Promise.all(['directory', ...others].map(() => mkdtemp(join(root, 'store-'))));
  const stores = ['directory' as const, ...others].map((kind, index) => {
    const directory = kind === 'directory' ? directories[index] : undefined;
    return { directory, store: createFaultyStore(directory ? createLocalStore(directory) : gcs.store) };
  });
  const all: MediaStore[] = stores.map(({ store }) => store);
  const lived = new StoreHistory(others.length === 0 ? all[0]! : createHybridStore(all), stores);
  for (const step of steps) await lived.do(step);
  await lived.end();
  await Promise.all(directories.map((directory) => rm(directory, { recursive: true })));
  if (others.includes('bucket')) for await (const { name } of gcs.store.list('')) await gcs.store.delete(name);
}

describe('Whatever is done to them and whatever happens, nothing acknowledged is lost that one store still has, nothing half is seen, and in the end all have it:', () => {
  it(
    'a directory',
    () =>
      fc.assert(
        fc.asyncProperty(history, (steps) => live(steps, [])),
        runs(400),
      ),
    limitMs(30_000),
  );

  it(
    'two directories as one',
    () =>
      fc.assert(
        fc.asyncProperty(history, (steps) => live(steps, ['directory'])),
        runs(900),
      ),
    limitMs(60_000),
  );

  it(
    'a directory and a bucket as one',
    () =>
      fc.assert(
        fc.asyncProperty(history, (steps) => live(steps, ['bucket'])),
        runs(50),
      ),
    limitMs(60_000),
  );
});
