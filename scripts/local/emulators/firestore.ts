/** Google's Firestore emulator, started directly by class path. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Child, lastLines, startLeashed } from '../processes/child.ts';
import { freePort } from '../processes/port.ts';
import { waitUntil } from '../waitUntil.ts';
import { fetchJar } from './fetchJar.ts';
import { chooseJar, EMULATOR_CLASS, findJars, type Jar } from './jar.ts';
import { findJava, howToInstallJava, type Java, OLDEST_JAVA } from './java.ts';

export interface FirestoreEmulator {
  /** `127.0.0.1:port`, as `FIRESTORE_EMULATOR_HOST` takes it. */
  host: string;
  child: Child;
  /** Writes the project's whole database below a directory, as a folder of its own that must not be there yet. */
  exportTo(directory: string): Promise<void>;
  close(): Promise<void>;
}

export interface FirestoreEmulatorOptions {
  port?: number;
  /** The project that is exported and imported; the emulator itself serves any. @default demo-sori */
  projectId?: string;
  rulesFile?: string;
  /** A directory that `exportTo` has written. */
  importFrom?: string;
  /** Where its output goes. @default a file of its own that `close` removes */
  logFile?: string;
  /** Told what takes long, in words for people. */
  report?: (text: string) => void;
}

const EXPORT_NAME = 'firestore';
const START_TIMEOUT_MS = 60_000;
const TRANSFER_TIMEOUT_MS = 60_000;

/** Starts the emulator and waits until it answers. @throws with what to install when this machine cannot run it */
export async function startFirestoreEmulator(options: FirestoreEmulatorOptions = {}): Promise<FirestoreEmulator> {
  const { projectId = 'demo-sori', importFrom, report = () => undefined } = options;
  const { java, jar } = await findProgram(report);
  const scratch = options.logFile ? undefined : await mkdtemp(join(tmpdir(), 'sori-firestore-'));
  const logFile = options.logFile ?? join(scratch ?? '', 'firestore.log');
  const port = options.port ?? (await freePort());
  const host = `127.0.0.1:${port}`;
  const child = startLeashed(java.command, javaArguments(jar, port, options.rulesFile), { logFile });
  const close = async () => {
    await child.stop();
    if (scratch) await rm(scratch, { recursive: true, force: true });
  };
  const call = (verb: string, body: object) => post(`http://${host}/emulator/v1/projects/${projectId}:${verb}`, body);
  const database = `projects/${projectId}/databases/(default)`;
  try {
    await waitUntil('The Firestore emulator answers', () => isUp(host, child, logFile), START_TIMEOUT_MS);
    if (importFrom) await call('import', { database, export_directory: metadataOf(importFrom) });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    host,
    child,
    exportTo: async (directory) => {
      await mkdir(directory, { recursive: true });
      await call('export', { database, export_directory: resolve(directory), export_name: EXPORT_NAME });
    },
    close,
  };
}

/** Unlike the export, the import wants the metadata file, not the directory. */
function metadataOf(directory: string): string {
  return join(resolve(directory), EXPORT_NAME, `${EXPORT_NAME}.overall_export_metadata`);
}

async function findProgram(report: (text: string) => void): Promise<{ java: Java; jar: Jar }> {
  const java = await findJava();
  if (!java || java.version < OLDEST_JAVA) {
    const found = java ? `Java ${java.version} is too old` : 'there is no Java';
    throw new Error(`The Firestore emulator needs Java ${OLDEST_JAVA} or newer, and ${found} here.\n${howToInstallJava(OLDEST_JAVA)}`);
  }
  const jars = await findJars();
  const jar = chooseJar(jars, java.version) ?? (await fetchJar(java, jars, report));
  return { java, jar };
}

function javaArguments(jar: Jar, port: number, rulesFile: string | undefined): string[] {
  const rules = rulesFile ? [`--rules=${resolve(rulesFile)}`] : [];
  return ['-Duser.language=en', '-cp', jar.path, EMULATOR_CLASS, 'start', '--host=127.0.0.1', `--port=${port}`, ...rules];
}

async function isUp(host: string, child: Child, logFile: string): Promise<boolean> {
  if (child.hasExited()) throw new Error(`The Firestore emulator has ended (${await child.exited}):\n${lastLines(logFile)}`);
  try {
    return (await fetch(`http://${host}/`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

async function post(url: string, body: object): Promise<void> {
  const headers = { 'Content-Type': 'application/json', Authorization: 'Bearer owner' };
  const answer = await fetch(url, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(TRANSFER_TIMEOUT_MS),
  });
  if (!answer.ok) throw new Error(`Firestore emulator, ${url.split(':').at(-1)}: ${answer.status} ${await answer.text()}`);
}
