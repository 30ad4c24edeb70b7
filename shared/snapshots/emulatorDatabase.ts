/**
 * The emulator's export and import, behind the same port. It knows no snapshot time, so what it exports is a copy: everything as it was at
 * the instant is read and written to a project of its own, where nobody else writes. Nobody has to wait meanwhile.
 *
 * It imports into the one database of a project only. So a database of another name is here a project `<project>--<name>`.
 */
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import type { Firestore } from '@google-cloud/firestore';
import { backupStore } from '#shared/media';
import { config, database, required, send, within } from '#shared/runtime';
import { countAll, pagesAt, type WhatToRead } from './databaseAt.ts';
import { type DatabaseAdmin, DatabaseRefused, DONE, LIVE_DATABASE, type OperationState } from './port.ts';

const EXPORT_NAME = 'firestore';
const METADATA = `${EXPORT_NAME}/${EXPORT_NAME}.overall_export_metadata`;
const TRANSFER_MS = 60_000;
const LARGEST_FILE_BYTES = 1024 ** 3;

/** Every operation is over when its call comes back, and its name says how it ended. */
export function emulatorDatabase(): DatabaseAdmin {
  return {
    async chooseInstant() {
      const { readTime } = await (await database()).collection('backups').limit(1).get();
      return readTime.toDate();
    },
    startExport: (place, readAt, collections) => withDirectory((directory) => exportTo(place, { readAt, collections }, directory)),
    startImport: (place, databaseId) =>
      withDirectory(async (directory) => {
        await fetchTo(directory, place);
        await call(projectOf(databaseId), 'import', { export_directory: join(directory, METADATA) });
        return DONE;
      }),
    stateOf: (operation) => Promise.resolve(readState(operation)),
    startCreate: () => Promise.resolve(DONE),
    async startDelete(databaseId) {
      if (databaseId === LIVE_DATABASE) throw new DatabaseRefused('the live database is not removed');
      await clear(projectOf(databaseId));
      return DONE;
    },
    listDatabases: () => Promise.resolve([]),
    open,
  };
}

async function exportTo(place: string, what: WhatToRead, directory: string): Promise<string> {
  const scratch = `copy-${place.split('/').at(-1)!.toLowerCase()}`;
  const copy = await open(scratch);
  try {
    await copyAt(what, copy);
    await call(projectOf(scratch), 'export', { export_directory: directory, export_name: EXPORT_NAME });
    const bytes = await sendFrom(directory, place);
    await clear(projectOf(scratch));
    // What is in the files is counted, not what was written to them.
    await call(projectOf(scratch), 'import', { export_directory: join(directory, METADATA) });
    const documents = Object.values(await countAll(copy)).reduce((sum, count) => sum + count, 0);
    return `${DONE}:${documents}:${bytes}`;
  } finally {
    await clear(projectOf(scratch));
    await copy.terminate();
  }
}

async function copyAt(what: WhatToRead, copy: Firestore): Promise<void> {
  const writer = copy.bulkWriter();
  writer.onWriteError(() => false);
  const written: Promise<unknown>[] = [];
  for await (const { collection, documents } of pagesAt(await database(), what)) {
    for (const document of documents) written.push(writer.set(copy.collection(collection).doc(document.id), document.data()));
    await within(TRANSFER_MS, 'the emulator', writer.flush());
  }
  await Promise.all(written);
  await writer.close();
}

async function open(databaseId: string): Promise<Firestore> {
  const { createDatabaseClient } = await import('./adminClient.ts');
  return createDatabaseClient(projectOf(databaseId), LIVE_DATABASE);
}

function projectOf(databaseId: string): string {
  const { GOOGLE_CLOUD_PROJECT } = config();
  return databaseId === LIVE_DATABASE ? GOOGLE_CLOUD_PROJECT : `${GOOGLE_CLOUD_PROJECT}--${databaseId}`;
}

async function call(project: string, verb: 'export' | 'import', body: object): Promise<void> {
  const path = `emulator/v1/projects/${project}:${verb}`;
  await ask('POST', path, { database: `projects/${project}/databases/${LIVE_DATABASE}`, ...body });
}

async function clear(project: string): Promise<void> {
  await ask('DELETE', `emulator/v1/projects/${project}/databases/${LIVE_DATABASE}/documents`);
}

async function ask(method: 'POST' | 'DELETE', path: string, body?: object): Promise<void> {
  const url = `http://${required('FIRESTORE_EMULATOR_HOST')}/${path}`;
  const headers = { authorization: 'Bearer owner' };
  const { status } = await send({ method, url, headers, timeoutMs: TRANSFER_MS, ...(body ? { body } : {}) });
  if (status !== 200) throw new Error(`the emulator answered ${status}`);
}

async function sendFrom(directory: string, place: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = `${place}/${path
      .slice(directory.length + 1)
      .split(sep)
      .join('/')}`;
    bytes += (await stat(path)).size;
    const stagingName = `staging/${name.replaceAll('/', '-').slice(-100)}`;
    const options = { stagingName, contentType: 'application/octet-stream', maxBytes: LARGEST_FILE_BYTES };
    const staged = await backupStore().stage(createReadStream(path), options);
    await backupStore().publish(staged, name);
  }
  return bytes;
}

async function fetchTo(directory: string, place: string): Promise<void> {
  for await (const { name } of backupStore().list(`${place}/`)) {
    const path = join(directory, name.slice(place.length + 1));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, (await backupStore().open(name)).body);
  }
}

async function withDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'sori-export-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function readState(operation: string): OperationState {
  const [, documents = 0, bytes = 0] = operation.split(':').map(Number);
  return { state: 'done', documents, bytes };
}
