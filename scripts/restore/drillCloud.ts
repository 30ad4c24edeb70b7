/** A local cloud for one drill: own ports, own directory, and a database that can be lost while the storage stays. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CloudInput, CloudReady } from '../local/cloudProcess.ts';
import { type AuthEmulator, startAuthEmulator } from '../local/emulators/auth.ts';
import { type FirestoreEmulator, startFirestoreEmulator } from '../local/emulators/firestore.ts';
import type { FunctionsInput, FunctionsReady } from '../local/functionsProcess.ts';
import { localSecrets } from '../local/localSecrets.ts';
import { BACKUP_BUCKET, BUCKET, settingsFor } from '../local/ownSettings.ts';
import type { Child } from '../local/processes/child.ts';
import { startPart } from '../local/processes/part.ts';
import { freePort } from '../local/processes/port.ts';

const PROJECT = 'demo-sori-drill';
/** Nobody is there: no song is asked for in a drill. */
const NO_PROVIDER = 'http://127.0.0.1:9';

type Cloud = { child: Child; ready: CloudReady };

export class DrillCloud {
  readonly #directory: string;
  #port = 0;
  #cloud: Cloud | undefined;
  #firestore: FirestoreEmulator | undefined;
  #auth: AuthEmulator | undefined;
  #functions: Child | undefined;

  /** @throws when a part does not start; those that run have then been stopped */
  static async start(directory: string): Promise<DrillCloud> {
    mkdirSync(join(directory, 'logs'), { recursive: true });
    const drill = new DrillCloud(directory);
    try {
      await Promise.all([drill.#startCloud(), drill.#startEmulators()]);
      return drill;
    } catch (error) {
      await drill.close();
      throw error;
    }
  }

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Where the functions answer, without a slash at the end. */
  get url(): string {
    return `http://localhost:${this.#port}/v1`;
  }

  get auth(): AuthEmulator {
    return this.#auth!;
  }

  /** The environment of whatever talks to it, as it stands now. */
  get settings(): NodeJS.ProcessEnv {
    const emulators = { firestoreHost: this.#firestore?.host, authHost: this.#auth?.host };
    const parts = { ...emulators, cloud: this.#cloud!.ready, sandboxUrl: NO_PROVIDER };
    return settingsFor(outside(), this.#directory, this.#port, localSecrets(this.#directory), parts);
  }

  async startFunctions(): Promise<void> {
    this.#port = await freePort(); // only now: until it is taken, a connection of another process could be given it
    const input: FunctionsInput = { port: this.#port };
    const options = { logFile: this.#logOf('functions'), env: this.settings };
    this.#functions = (await startPart<FunctionsReady>(scriptOf('functionsProcess'), input, options)).child;
  }

  /** Ends the functions and both emulators, which hold all they have in memory, and starts empty ones. */
  async destroy(): Promise<void> {
    await this.#stopFunctions();
    await this.#stopEmulators();
    await this.#startEmulators();
  }

  async close(): Promise<void> {
    await this.#stopFunctions();
    await this.#stopEmulators();
    await this.#cloud?.child.stop();
  }

  async #startCloud(): Promise<void> {
    this.#cloud = await startPart<CloudReady>(scriptOf('cloudProcess'), cloudInput(this.#directory), { logFile: this.#logOf('cloud') });
  }

  async #startEmulators(): Promise<void> {
    const firestore = startFirestoreEmulator({ projectId: PROJECT, logFile: this.#logOf('firestore') });
    const auth = startAuthEmulator({ projectId: PROJECT, logFile: this.#logOf('auth') });
    [this.#firestore, this.#auth] = await Promise.all([firestore, auth]);
  }

  async #stopEmulators(): Promise<void> {
    await Promise.all([this.#firestore?.close(), this.#auth?.close()]);
  }

  async #stopFunctions(): Promise<void> {
    await this.#functions?.stop();
    this.#functions = undefined;
  }

  #logOf(part: string): string {
    return join(this.#directory, 'logs', `${part}.log`);
  }
}

function scriptOf(part: string): string {
  return join(import.meta.dirname, '..', 'local', `${part}.ts`);
}

/** Nothing of a Sori that runs on this machine. */
function outside(): NodeJS.ProcessEnv {
  const { PATH, HOME, JAVA_HOME, FIRESTORE_EMULATOR_JAR } = process.env;
  return { PATH, HOME, JAVA_HOME, FIRESTORE_EMULATOR_JAR, GOOGLE_CLOUD_PROJECT: PROJECT };
}

function cloudInput(directory: string): CloudInput {
  return {
    directory,
    keyFile: join(directory, 'gcs-key.json'),
    keyAccount: `sori-media@${PROJECT}.iam.gserviceaccount.com`,
    ...{ buckets: [BUCKET], backupBucket: BACKUP_BUCKET, origins: [], hasStorage: true, hasScheduler: true },
  };
}
