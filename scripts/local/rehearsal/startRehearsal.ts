/** A whole cloud to deploy to, on this machine: emulators, the provider's sandbox, and Google's control plane. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startAuthEmulator } from '../emulators/auth.ts';
import { startFirestoreEmulator } from '../emulators/firestore.ts';
import type { Child } from '../processes/child.ts';
import { startPart } from '../processes/part.ts';
import type { SandboxInput, SandboxReady } from '../sandboxProcess.ts';
import { snapshotsIn } from '../snapshots.ts';
import { type Attached, REHEARSAL_PROJECT, REHEARSAL_REGION, recordAttachment, SANDBOX_KEY } from './attachment.ts';
import type { RehearsalInput, RehearsalReady } from './rehearsalProcess.ts';

export interface Rehearsal {
  attached: Attached;
  /** What the emulators hold goes to the disk. */
  save(): Promise<void>;
  stop(): Promise<void>;
}

export interface RehearsalOptions {
  /** `.sori/rehearsal`. */
  directory: string;
  /** Emulators and provider that run already take the place of our own. */
  outside: NodeJS.ProcessEnv;
  projectId?: string;
}

const STOP_MS = 3_000;

export async function startRehearsal({ directory, outside, projectId = REHEARSAL_PROJECT }: RehearsalOptions): Promise<Rehearsal> {
  const logs = join(directory, 'logs');
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const snapshots = snapshotsIn(join(directory, 'data'));
  const { newest } = snapshots;
  const children: Child[] = [];
  const held = async <T extends { child: Child }>(starting: Promise<T>): Promise<T> => {
    const started = await starting;
    children.push(started.child);
    return started;
  };
  const stop = async () => {
    await Promise.all(children.reverse().map((child) => child.stop(STOP_MS)));
  };
  try {
    const [firestore, auth, sandbox] = await Promise.all([
      outside['FIRESTORE_EMULATOR_HOST'] ? undefined : held(firestoreEmulator(projectId, newest().firestore, logs)),
      outside['FIREBASE_AUTH_EMULATOR_HOST'] ? undefined : held(authEmulator(projectId, newest().auth, logs)),
      outside['TOPMEDIAI_BASE_URL'] ? undefined : held(sandboxPart(directory, logs)),
    ]);
    const input: RehearsalInput = {
      directory,
      projectId,
      region: REHEARSAL_REGION,
      firestoreHost: firestore?.host ?? outside['FIRESTORE_EMULATOR_HOST'] ?? '',
      authHost: auth?.host ?? outside['FIREBASE_AUTH_EMULATOR_HOST'] ?? '',
      sandboxUrl: sandbox?.ready.url ?? outside['TOPMEDIAI_BASE_URL'] ?? '',
    };
    const script = join(import.meta.dirname, 'rehearsalProcess.ts');
    const { ready } = await held(startPart<RehearsalReady>(script, input, { logFile: join(logs, 'rehearsal.log') }));
    const attached: Attached = { ...ready, projectId, directory, firestoreHost: input.firestoreHost, authHost: input.authHost };
    recordAttachment(attached);
    const sources = { ...(firestore ? { firestore } : {}), ...(auth ? { auth } : {}) };
    return { attached, save: () => (firestore || auth ? snapshots.take(sources) : Promise.resolve()), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function firestoreEmulator(projectId: string, importFrom: string | undefined, logs: string) {
  return startFirestoreEmulator({ projectId, logFile: join(logs, 'firestore.log'), ...(importFrom ? { importFrom } : {}) });
}

async function authEmulator(projectId: string, importFrom: string | undefined, logs: string) {
  const auth = await startAuthEmulator({ projectId, logFile: join(logs, 'auth.log') });
  if (importFrom) await auth.importFrom(importFrom);
  return auth;
}

function sandboxPart(directory: string, logs: string) {
  const input: SandboxInput = { directory: join(directory, 'sandbox'), port: 0, apiKey: SANDBOX_KEY };
  return startPart<SandboxReady>(join(import.meta.dirname, '..', 'sandboxProcess.ts'), input, { logFile: join(logs, 'sandbox.log') });
}
