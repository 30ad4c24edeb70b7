import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { chooseJar, findJars, type Jar } from './jar.ts';
import { howToInstallJava, type Java } from './java.ts';

const FETCH_TIMEOUT_MS = 180_000;

/**
 * Has firebase-tools fetch the Firestore emulator (130 MB, once per machine).
 *
 * @throws with what to do when it cannot, or when this Java cannot run what there is
 */
export async function fetchJar(java: Java, known: Jar[], report: (text: string) => void): Promise<Jar> {
  let fault = '';
  if (known.length === 0) {
    report('Fetching the Firestore emulator, 130 MB, once per machine …');
    const firebase = createRequire(import.meta.url).resolve('firebase-tools/lib/bin/firebase.js');
    fault = await promisify(execFile)(process.execPath, [firebase, 'setup:emulators:firestore'], { timeout: FETCH_TIMEOUT_MS }).then(
      () => '',
      (error: { stdout?: string; stderr?: string }) => `${error.stdout ?? ''}${error.stderr ?? ''}`.trim(),
    );
  }
  const jars = await findJars();
  const jar = chooseJar(jars, java.version);
  if (jar) return jar;
  if (jars.length === 0) throw new Error(`There is no Firestore emulator here, and fetching it failed.\n${fault}\n${howToGetJar()}`);
  const needed = Math.min(...jars.map(({ needsJava }) => needsJava));
  throw new Error(
    `The Firestore emulator found here needs Java ${needed}; there is Java ${java.version}.\n${howToInstallJava(needed)}\nOr ${howToGetJar()}`,
  );
}

function howToGetJar(): string {
  return [
    'install the one of the Google Cloud SDK, which runs on Java 17:',
    '  Debian, Ubuntu: sudo apt-get install google-cloud-cli-firestore-emulator   (from packages.cloud.google.com)',
    '  macOS, Windows: gcloud components install cloud-firestore-emulator',
    'or name the file of one in FIRESTORE_EMULATOR_JAR.',
  ].join('\n');
}
