/** A bucket whose server can be killed and started again, with a store of ours in front of it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { MediaStore } from '#shared/media';
import { type LocalGoogle, startGoogle } from '../../../scripts/local/google/index.ts';
import { type Part, startPart } from '../../../scripts/local/processes/part.ts';
import { createKeySource } from '../../../shared/media/credentials.ts';
import { createGcsStore } from '../../../shared/media/gcsStore.ts';
import type { StorageInput, StorageReady } from '../../faults/storageProcess.ts';
import { openTcpProxy, type TcpProxy } from '../../faults/tcpProxy.ts';

export interface MortalStorage {
  store: MediaStore;
  /** By which the service finds the same bucket. */
  settings: { STORAGE_EMULATOR_HOST: string; GOOGLE_TOKEN_URL: string; GCS_KEY_FILE: string };
  /** Between the store and the bucket's server. */
  proxy: TcpProxy;
  /** SIGKILL: what is half written stays as it is. */
  kill(): void;
  /** On the same directory, behind the same proxy; waits for the end of the one before. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export const BUCKET = 'songs';
const PROGRAM = path.join(import.meta.dirname, '..', '..', 'faults', 'storageProcess.ts');

export async function openMortalStorage(): Promise<MortalStorage> {
  const directory = await mkdtemp(path.join(tmpdir(), 'sori-mortal-'));
  const googleDirectory = path.join(directory, 'google');
  const google: LocalGoogle = await startGoogle({ directory: googleDirectory });
  const key = JSON.stringify(await google.createServiceAccountKey('songs@sori.example'));
  const keyFile = path.join(directory, 'key.json');
  await writeFile(keyFile, key);
  const input: StorageInput = { directory: path.join(directory, 'gcs'), googleDirectory, bucket: BUCKET };
  const start = (): Promise<Part<StorageReady>> => startPart(PROGRAM, input, { logFile: path.join(directory, 'gcs.log') });
  let part = await start();
  const hostOf = ({ ready }: Part<StorageReady>) => new URL(ready.url).host;
  const proxy = await openTcpProxy(hostOf(part));
  const address = { bucketName: BUCKET, projectId: 'demo-sori', apiEndpoint: `http://${proxy.host}`, tokenUrl: google.tokenUrl };
  return {
    store: createGcsStore({ ...address, keys: createKeySource(() => Promise.resolve(key)) }),
    settings: { STORAGE_EMULATOR_HOST: address.apiEndpoint, GOOGLE_TOKEN_URL: google.tokenUrl, GCS_KEY_FILE: keyFile },
    proxy,
    kill: () => void part.child.process.kill('SIGKILL'),
    async restart() {
      await part.child.exited;
      part = await start();
      proxy.lead(hostOf(part));
    },
    async close() {
      await part.child.stop();
      await proxy.close();
      await google.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
